//! Cases of a process manager in virtual time, without a database.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use chrono::{DateTime, Utc};

use crate::{
    application::{
        clock::Clock as _,
        job::Job as _,
        process::{End, Input, ProcessManager, Steps},
        transaction::Transaction as _,
    },
    domain::{actor::Actor, envelope::Envelope, event::DomainEvent},
    testing::{FakeTx, ManualClock, MemoryStore},
};

/// One case of a process manager: tell it what happens, and look at what it decides.
///
/// Each method gives what was decided, one line a step, for `expect![]`.
pub struct ProcessTest<P: ProcessManager> {
    process: P,
    clock: ManualClock,
    state: Option<P::State>,
    timers: BTreeMap<String, DateTime<Utc>>,
    compensations: Vec<(String, P::Command)>,
    end: Option<End>,
}

impl<P: ProcessManager> std::fmt::Debug for ProcessTest<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProcessTest").field("end", &self.end).finish_non_exhaustive()
    }
}

impl<P: ProcessManager> ProcessTest<P> {
    /// A case that has not begun, on a Monday morning.
    pub fn new(process: P) -> Self {
        Self {
            process,
            clock: ManualClock::monday_morning(),
            state: None,
            timers: BTreeMap::new(),
            compensations: Vec::new(),
            end: None,
        }
    }

    /// An event happens.
    ///
    /// # Panics
    ///
    /// The event is none that the process subscribes to, or it refuses it.
    pub fn when<E: DomainEvent>(&mut self, event: E) -> String {
        let event = envelope(event, self.clock.now());
        self.happened(&event)
    }

    /// An event happens because of a command of the process.
    ///
    /// # Panics
    ///
    /// As [`when`](Self::when).
    pub fn led_to<E: DomainEvent>(&mut self, event: E) -> String {
        let actor = Actor::System(P::Command::QUEUE.into());
        let event = envelope(event, self.clock.now());
        self.happened(&Envelope { actor, ..event })
    }

    fn happened(&mut self, event: &Envelope) -> String {
        let told = self.process.subscriptions().iter().any(|one| one.matches(event));
        assert!(told, "the process does not subscribe to {}", event.event_type);
        if self.process.instance(event).is_none() {
            return "not of this process\n".to_owned();
        }
        self.decide(Input::Event(event))
    }

    /// The command of a step is done.
    pub fn done(&mut self, step: &str) -> String {
        self.decide(Input::Done(step))
    }

    /// The command of a step is given up.
    pub fn failed(&mut self, step: &str, error: &str) -> String {
        self.decide(Input::Failed { step, error })
    }

    /// Time passes, and the timers that become due are told of, in order.
    pub fn after(&mut self, passed: Duration) -> String {
        let until = self.clock.now() + passed;
        let mut text = String::new();
        while let Some((timer, due)) = self.next_timer().filter(|(_, due)| *due <= until) {
            self.clock.advance_to(due);
            self.timers.remove(&timer);
            writeln!(text, "{timer} is due").expect("a String takes everything");
            text += &self.decide(Input::TimedOut(&timer));
        }
        self.clock.advance_to(until);
        text
    }

    fn next_timer(&self) -> Option<(String, DateTime<Utc>)> {
        let next = self.timers.iter().min_by_key(|(_, due)| **due);
        next.map(|(timer, due)| (timer.clone(), *due))
    }

    fn decide(&mut self, input: Input<'_>) -> String {
        if self.end.is_some() {
            return "the case has ended\n".to_owned();
        }
        let mut steps = Steps::default();
        let decided = self.process.decide(self.state.take(), input, &mut steps);
        self.state = decided.unwrap_or_else(|error| panic!("the input is refused: {error:?}"));
        if self.state.is_none() {
            return "nothing\n".to_owned();
        }
        self.take(steps)
    }

    fn take(&mut self, steps: Steps<P::Command>) -> String {
        let Steps { commands, compensations, timers, end } = steps;
        let mut text = String::new();
        for (step, command) in &commands {
            line(&mut text, step, command);
        }
        self.compensations.extend(compensations);
        for (timer, after) in timers {
            if let Some(after) = after {
                writeln!(text, "timer {timer} in {after:?}").expect("a String takes everything");
                self.timers.insert(timer, self.clock.now() + after);
            } else {
                writeln!(text, "no timer {timer}").expect("a String takes everything");
                self.timers.remove(&timer);
            }
        }
        match &end {
            None => {}
            Some(End::Completed) => text += "completed\n",
            Some(End::Failed(reason)) => {
                writeln!(text, "failed: {reason}").expect("a String takes everything");
                for (step, command) in self.compensations.iter().rev() {
                    line(&mut text, &format!("undo {step}"), command);
                }
            }
        }
        if end.is_some() {
            self.timers.clear();
        }
        self.end = end;
        text
    }
}

fn line<C: serde::Serialize>(text: &mut String, step: &str, command: &C) {
    let command = serde_json::to_string(command).expect("commands of tests serialise");
    writeln!(text, "{step}: {command}").expect("a String takes everything");
}

fn envelope<E: DomainEvent>(event: E, now: DateTime<Utc>) -> Envelope {
    let mut tx = FakeTx::new(()).at(now);
    tx.emit(event);
    MemoryStore::envelope(&mut tx).expect("events of tests serialise")
}
