//! Following a case over time: a process manager reacts to events, timers and the fate of its own commands.

use std::{fmt, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    application::{
        handler::{HandlerError, HandlerOptions, Subscription},
        job::Job,
    },
    domain::envelope::Envelope,
};

/// Follows cases, each over its own time: decides what comes next when something has happened.
///
/// Deciding is pure. The state, the commands (as jobs, in order within a case, each executed once), the timers and the
/// receipt of the event are committed together. Compensation is the way back: when a case fails, what was registered with
/// [`Steps::compensate_with`] is commanded in reverse order.
///
/// The events of a process reach it in order, one at a time, also across failures and nodes.
pub trait ProcessManager: Send + Sync {
    /// What it remembers of a case.
    type State: Serialize + DeserializeOwned + Send + Sync;
    /// What it commands; done by the worker of its queue through the facades of the contexts.
    type Command: Job + Clone;

    /// The stable name, e.g. `perme8.onboarding`.
    fn name(&self) -> &'static str;

    /// The events that it wants to be told of; timers and the fate of its commands need no mention.
    fn subscriptions(&self) -> &[Subscription];

    /// How it wants to be run.
    fn options(&self) -> HandlerOptions {
        HandlerOptions::DEFAULT
    }

    /// To which case an event belongs, e.g. the id of the workspace; none when it is of no interest. It never changes for an
    /// event.
    fn instance(&self, event: &Envelope) -> Option<String>;

    /// What comes next. `state` is none for a case that has not begun; returning none leaves it so. A case that has ended is
    /// not asked again.
    ///
    /// # Errors
    ///
    /// [`HandlerError`] when the input makes no sense; the event becomes a dead letter, as its class says.
    fn decide(
        &self,
        state: Option<Self::State>,
        input: Input<'_>,
        steps: &mut Steps<Self::Command>,
    ) -> Result<Option<Self::State>, HandlerError>;
}

/// What has happened in a case.
#[derive(Debug, Clone, Copy)]
pub enum Input<'i> {
    /// An event that the process subscribes to.
    Event(&'i Envelope),
    /// A timer of this name is due.
    TimedOut(&'i str),
    /// The command of this step is done.
    Done(&'i str),
    /// The command of this step was given up. Unless the case fails, it goes on without it.
    Failed {
        /// Which step.
        step: &'i str,
        /// Why.
        error: &'i str,
    },
}

/// What a process manager decides to do.
pub struct Steps<C> {
    pub(crate) commands: Vec<(String, C)>,
    pub(crate) compensations: Vec<(String, C)>,
    pub(crate) timers: Vec<(String, Option<Duration>)>,
    pub(crate) end: Option<End>,
}

/// How a case ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Completed,
    Failed(String),
}

impl<C> Default for Steps<C> {
    fn default() -> Self {
        Self { commands: Vec::new(), compensations: Vec::new(), timers: Vec::new(), end: None }
    }
}

impl<C> fmt::Debug for Steps<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<_> = self.commands.iter().map(|(step, _)| step).collect();
        f.debug_struct("Steps")
            .field("commands", &steps)
            .field("timers", &self.timers)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl<C> Steps<C> {
    /// Commands something, once per case and step, after every earlier command of the case.
    pub fn command(&mut self, step: impl Into<String>, command: C) {
        self.commands.push((step.into(), command));
    }

    /// Registers what undoes a step, should the case fail later. It may run although the step was never taken, so it must
    /// not mind.
    pub fn compensate_with(&mut self, step: impl Into<String>, command: C) {
        self.compensations.push((step.into(), command));
    }

    /// Sets a timer of the case, or sets it anew: the case is not told of it at the instant that it had before.
    pub fn set_timer(&mut self, timer: impl Into<String>, after: Duration) {
        self.timers.push((timer.into(), Some(after)));
    }

    /// Forgets a timer of the case.
    pub fn cancel_timer(&mut self, timer: impl Into<String>) {
        self.timers.push((timer.into(), None));
    }

    /// Ends the case well: its timers are forgotten.
    pub fn complete(&mut self) {
        self.end = Some(End::Completed);
    }

    /// Ends the case badly: its timers and the commands that are not done are forgotten, and what was registered to undo its
    /// steps is commanded in reverse order. A command that runs at this moment is waited for, but not tried again.
    pub fn fail(&mut self, reason: impl Into<String>) {
        self.end = Some(End::Failed(reason.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_decided_is_kept_in_its_order() {
        let named = |step: &str, command| (step.to_owned(), command);
        let mut steps = Steps::default();
        steps.command("create", "a secret");
        steps.compensate_with("create", "undo it");
        steps.command("invite", "another secret");
        steps.compensate_with("invite", "take it back");
        steps.set_timer("late", Duration::from_mins(1));
        steps.cancel_timer("later");
        assert_eq!(
            steps.commands,
            [named("create", "a secret"), named("invite", "another secret")]
        );
        assert_eq!(
            steps.compensations,
            [named("create", "undo it"), named("invite", "take it back")]
        );
        let timers =
            [("late".to_owned(), Some(Duration::from_mins(1))), ("later".to_owned(), None)];
        assert_eq!((steps.timers.as_slice(), &steps.end), (timers.as_slice(), &None));
        let shown = format!("{steps:?}");
        assert!(shown.contains("invite") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_case_ends_as_was_said_last() {
        let mut steps = Steps::<()>::default();
        steps.complete();
        assert_eq!(steps.end, Some(End::Completed));
        steps.fail("nobody came");
        assert_eq!(steps.end, Some(End::Failed("nobody came".to_owned())));
    }
}
