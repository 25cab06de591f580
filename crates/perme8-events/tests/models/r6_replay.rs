//! R6, as a model: the events of one key, of which one fails; what is set aside, tried again, given up, replayed and rewound
//! while a lane delivers, crashes and is not answered comes in order, and as often as it is owed.

use std::collections::BTreeMap;

use stateright::{Model, Property};

use crate::check::broken;

const EVENTS: u8 = 3;
/// This event fails until it is mended.
const POISONED: u8 = 1;
/// So often operators intervene, and lanes begin anew.
const ACTS: u8 = 2;
const STARTS: u8 = 3;

/// What the product does, or what it must not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Product,
    /// A replay sets events aside, and leaves the lane alone that is on its way.
    ReplayWithoutFence,
    /// Whatever is due is tried again, and not only the first of its key.
    RetryAnything,
    /// What follows of the key does not wait.
    Unsequenced,
}

#[derive(Debug, Clone, Copy)]
struct Key(Variant);

/// What a lane is about to do with an event; decided before the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Plan {
    Deliver { parked: bool },
    Retry { event: u8 },
}

/// What a lane remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Lane {
    epoch: u8,
    at: u8,
    /// Whether it takes it that something of the key is set aside.
    blocked: bool,
    plan: Option<Plan>,
}

/// A set of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Set(u8);

impl Set {
    fn upto(end: u8) -> Self {
        Self((1 << end) - 1)
    }

    fn with(self, event: u8) -> Self {
        Self(self.0 | (1 << event))
    }

    fn without(self, event: u8) -> Self {
        Self(self.0 & !(1 << event))
    }

    fn has(self, event: u8) -> bool {
        self.0 & (1 << event) != 0
    }
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, in any combination")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    /// The row of the partition.
    epoch: u8,
    position: u8,
    /// The rows of what is set aside; whether they are dead letters.
    rows: BTreeMap<u8, bool>,
    lane: Option<Lane>,
    mended: bool,
    /// What is still to happen; operators may ask for it once more.
    owed: Set,
    /// What has happened at least once, and what was given up.
    handled: Set,
    discarded: Set,
    /// Something happened that was not owed, or before something older that was set aside.
    twice: bool,
    out_of_order: bool,
    replayed: bool,
    acts: u8,
    starts: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    /// `Node::open`: the lane reads the checkpoint and which keys are blocked; the claim raises the epoch.
    Start,
    Crash,
    /// `Lane::plan` of the next event.
    Plan,
    /// `Db::due_delivery`.
    PlanRetry(u8),
    /// `Lane::attempt`, `Lane::set_aside` or `Lane::retry`, up to the commit.
    Perform,
    /// The same, and the answer is lost.
    PerformUnanswered,
    /// Somebody repairs the handler.
    Mend,
    /// `Operations::retry_all`.
    RetryAll,
    /// `Operations::discard`, the dead letter alone.
    Discard,
    /// `Operations::replay`.
    Replay,
    /// `Operations::rewind`, to the beginning.
    Rewind,
}

impl State {
    /// The effect of an event.
    fn effect(&mut self, event: u8) {
        self.twice |= !self.owed.has(event);
        self.out_of_order |= self.rows.keys().any(|older| *older < event);
        self.owed = self.owed.without(event);
        self.handled = self.handled.with(event);
    }

    fn fails(&self, event: u8) -> bool {
        event == POISONED && !self.mended
    }
}

impl Key {
    fn plan(self, state: &State) -> Option<Lane> {
        let lane = state.lane.filter(|lane| lane.plan.is_none() && lane.at < EVENTS)?;
        let blocked = lane.blocked && !state.rows.is_empty();
        let parked = blocked && self.0 != Variant::Unsequenced;
        Some(Lane { blocked, plan: Some(Plan::Deliver { parked }), ..lane })
    }

    fn plan_retry(self, state: &State, event: u8) -> Option<Lane> {
        let lane = state.lane.filter(|lane| lane.plan.is_none() && lane.blocked)?;
        let dead = *state.rows.get(&event)?;
        let is_head = state.rows.keys().next() == Some(&event);
        let tried = !dead && (is_head || self.0 == Variant::RetryAnything);
        tried.then_some(Lane { plan: Some(Plan::Retry { event }), ..lane })
    }

    fn perform(mut state: State, answered: bool) -> Option<State> {
        let lane = state.lane?;
        let plan = lane.plan?;
        let fenced_out = match plan {
            Plan::Deliver { .. } => state.epoch != lane.epoch || state.position > lane.at,
            Plan::Retry { .. } => state.epoch != lane.epoch,
        };
        if fenced_out {
            state.lane = None;
            return Some(state);
        }
        let mut after = Lane { plan: None, ..lane };
        match plan {
            Plan::Deliver { parked } => {
                if parked {
                    state.rows.insert(lane.at, false);
                } else if state.fails(lane.at) {
                    state.rows.insert(lane.at, true);
                    after.blocked = true;
                } else {
                    state.effect(lane.at);
                }
                state.position = lane.at + 1;
                after.at = lane.at + 1;
            }
            // An operator may have given it up since: then nothing is done.
            Plan::Retry { event } if !state.rows.contains_key(&event) => {}
            Plan::Retry { event } if state.fails(event) => {
                state.rows.insert(event, true);
            }
            Plan::Retry { event } => {
                state.rows.remove(&event);
                state.effect(event);
                after.blocked = !state.rows.is_empty();
            }
        }
        state.lane = Some(if answered { after } else { Lane { plan: None, ..lane } });
        Some(state)
    }

    /// What an operator does; nothing when there is nothing to do it to.
    fn operate(self, mut state: State, action: Action) -> Option<State> {
        state.acts = state.acts.checked_sub(1)?;
        match action {
            Action::RetryAll => {
                if !state.rows.values().any(|dead| *dead) {
                    return None;
                }
                state.rows.values_mut().for_each(|dead| *dead = false);
            }
            Action::Discard => {
                let event = *state.rows.iter().find(|(_, dead)| **dead)?.0;
                state.rows.remove(&event);
                state.owed = state.owed.without(event);
                state.discarded = state.discarded.with(event);
            }
            Action::Replay => {
                if state.position == 0 {
                    return None;
                }
                for event in 0..state.position {
                    state.rows.insert(event, false);
                    state.owed = state.owed.with(event);
                }
                state.replayed = true;
                if self.0 != Variant::ReplayWithoutFence {
                    state.epoch += 1;
                }
            }
            Action::Rewind => {
                if state.position == 0 {
                    return None;
                }
                state.rows.clear();
                state.position = 0;
                state.owed = Set::upto(EVENTS);
                state.epoch += 1;
            }
            Action::Start
            | Action::Crash
            | Action::Plan
            | Action::PlanRetry(_)
            | Action::Perform
            | Action::PerformUnanswered
            | Action::Mend => return None,
        }
        Some(state)
    }
}

impl Model for Key {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            epoch: 0,
            position: 0,
            rows: BTreeMap::new(),
            lane: None,
            mended: false,
            owed: Set::upto(EVENTS),
            handled: Set::default(),
            discarded: Set::default(),
            twice: false,
            out_of_order: false,
            replayed: false,
            acts: ACTS,
            starts: STARTS,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend([
            Action::Start,
            Action::Crash,
            Action::Plan,
            Action::Perform,
            Action::PerformUnanswered,
            Action::Mend,
            Action::RetryAll,
            Action::Discard,
            Action::Replay,
            Action::Rewind,
        ]);
        actions.extend(state.rows.keys().map(|event| Action::PlanRetry(*event)));
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Start if state.lane.is_none() => {
                state.starts = state.starts.checked_sub(1)?;
                state.epoch += 1;
                let (epoch, at, blocked) = (state.epoch, state.position, !state.rows.is_empty());
                state.lane = Some(Lane { epoch, at, blocked, plan: None });
            }
            Action::Crash if state.lane.is_some() => state.lane = None,
            Action::Plan => state.lane = Some(self.plan(last)?),
            Action::PlanRetry(event) => state.lane = Some(self.plan_retry(last, event)?),
            Action::Perform => return Self::perform(state, true),
            Action::PerformUnanswered => return Self::perform(state, false),
            Action::Mend if !state.mended => state.mended = true,
            Action::RetryAll | Action::Discard | Action::Replay | Action::Rewind => {
                return self.operate(state, action);
            }
            Action::Start | Action::Crash | Action::Mend => return None,
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ORDER, |_, state: &State| !state.out_of_order),
            Property::always("nothing happens more often than it is owed", |_, state: &State| {
                !state.twice
            }),
            Property::always(
                "what is passed was handled, is set aside or was given up",
                |_, state: &State| {
                    (0..state.position).all(|event| {
                        state.handled.has(event)
                            || state.discarded.has(event)
                            || state.rows.contains_key(&event)
                    })
                },
            ),
            Property::always("what is owed and passed is set aside", |_, state: &State| {
                (0..state.position)
                    .all(|event| !state.owed.has(event) || state.rows.contains_key(&event))
            }),
            Property::sometimes("a replay comes to its end", |_, state: &State| {
                state.replayed && state.owed == Set::default() && state.handled == Set::upto(EVENTS)
            }),
        ]
    }
}

const ORDER: &str = "nothing happens before something older that is set aside";

#[test]
fn what_is_set_aside_and_replayed_comes_in_order_and_as_often_as_it_is_owed() {
    assert_eq!(broken("R6", "parking and replay", Key(Variant::Product)), [""; 0]);
}

#[test]
fn control_a_replay_that_does_not_fence_the_lane_is_overtaken() {
    let what = "control, a replay that does not fence the lane";
    let broken = broken("R6", what, Key(Variant::ReplayWithoutFence));
    assert!(broken.contains(&ORDER), "{broken:?}");
}

#[test]
fn control_trying_anything_again_comes_out_of_order() {
    let what = "control, whatever is due is tried again";
    let broken = broken("R6", what, Key(Variant::RetryAnything));
    assert!(broken.contains(&ORDER), "{broken:?}");
}

#[test]
fn control_followers_that_do_not_wait_come_out_of_order() {
    let broken = broken("R6", "control, followers do not wait", Key(Variant::Unsequenced));
    assert!(broken.contains(&ORDER), "{broken:?}");
}
