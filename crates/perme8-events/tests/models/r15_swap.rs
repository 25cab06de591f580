//! R15, as a model: a read model is built anew beside the live one while events come; readers never see less than before,
//! and in the end they see everything, whoever crashes.

use stateright::{Model, Property};

use crate::check::broken;

/// So many events come.
const EVENTS: u8 = 3;
/// No more than this is left when a rebuild comes to its end: what one commit takes.
const NEAR: u8 = 1;

/// What the product does, or what it must not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Product,
    /// The partition takes the place of the live one in one commit, and the generation in the next.
    Apart,
    /// The commit that swaps applies nothing: the new generation is where its builder is.
    WithoutTheRest,
    /// The epoch stays as it was, so whoever has maintained the old generation goes on.
    WithoutEpoch,
}

#[derive(Debug, Clone, Copy)]
struct Rebuild(Variant);

/// One of the two generations.
type Generation = usize;

/// The row of a partition: whose rows it maintains, and how far they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Partition {
    generation: Generation,
    position: u8,
    epoch: u8,
}

/// What a lane has in an open transaction: an event, applied to the rows of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Open {
    generation: Generation,
    at: u8,
    epoch: u8,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, in any combination")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    log: u8,
    /// How many events each generation holds.
    rows: [u8; 2],
    /// Which one is read.
    read: Generation,
    live: Partition,
    /// What builds the next one; none when that has become live.
    next: Option<Partition>,
    live_lane: Option<Open>,
    next_lane: Option<Open>,
    /// The process is about to make the second of two commits.
    half_swapped: bool,
    /// What somebody has seen.
    seen: u8,
    went_back: bool,
    /// Rows that were applied out of turn.
    torn: bool,
    refused: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Append,
    /// `Lane::attempt` of the live generation, up to the commit.
    Apply,
    Commit,
    /// The same of the next one.
    Build,
    CommitBuilt,
    /// `Lane::swap`.
    Swap,
    /// The second commit of a swap that has two.
    SwapRest,
    /// `Db::read_model`.
    Read,
    /// `kill -9`; another process goes on with what is in the database.
    Crash,
}

impl State {
    /// Commits what a lane has applied, if its partition still is what it takes it to be.
    fn commit(&mut self, open: Open, partition: Partition) -> Option<Partition> {
        if partition.epoch != open.epoch || partition.position > open.at {
            self.refused = true;
            return None;
        }
        self.torn |= self.rows[open.generation] != open.at;
        self.rows[open.generation] = open.at + 1;
        Some(Partition { position: open.at + 1, ..partition })
    }

    fn begin(&self, partition: Partition) -> Option<Open> {
        let Partition { generation, position, epoch } = partition;
        (position < self.log).then_some(Open { generation, at: position, epoch })
    }

    /// Nobody has anything to do any more.
    fn is_at_rest(&self) -> bool {
        self.log == EVENTS
            && self.live.position == EVENTS
            && self.next.is_none()
            && self.live_lane.is_none()
            && !self.half_swapped
    }
}

impl Rebuild {
    fn swap(self, mut state: State) -> Option<State> {
        let built = state.next.filter(|_| state.next_lane.is_none())?;
        // The live checkpoint stands still until the commit, so whoever is ahead is refused or waits.
        let end = built.position.max(state.live.position);
        if end - built.position > NEAR {
            return None;
        }
        let to = if self.0 == Variant::WithoutTheRest { built.position } else { end };
        state.rows[built.generation] = state.rows[built.generation].max(to);
        let epoch = match self.0 {
            Variant::WithoutEpoch => state.live.epoch,
            Variant::Product | Variant::Apart | Variant::WithoutTheRest => built.epoch + 1,
        };
        state.live = Partition { generation: built.generation, position: to, epoch };
        state.next = None;
        if self.0 == Variant::Apart {
            state.half_swapped = true;
        } else {
            state.read = built.generation;
        }
        Some(state)
    }
}

impl Model for Rebuild {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            log: 0,
            rows: [0, 0],
            read: 0,
            live: Partition { generation: 0, position: 0, epoch: 1 },
            // Its epoch is greater than any of the live one can be.
            next: Some(Partition { generation: 1, position: 0, epoch: 10 }),
            live_lane: None,
            next_lane: None,
            half_swapped: false,
            seen: 0,
            went_back: false,
            torn: false,
            refused: false,
        }]
    }

    fn actions(&self, _: &State, actions: &mut Vec<Action>) {
        actions.extend([
            Action::Append,
            Action::Apply,
            Action::Commit,
            Action::Build,
            Action::CommitBuilt,
            Action::Swap,
            Action::SwapRest,
            Action::Read,
            Action::Crash,
        ]);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Append if state.log < EVENTS => state.log += 1,
            Action::Apply if state.live_lane.is_none() => {
                state.live_lane = Some(state.begin(state.live)?);
            }
            Action::Commit => {
                let open = state.live_lane.take()?;
                if let Some(live) = state.commit(open, state.live) {
                    state.live = live;
                }
            }
            Action::Build if state.next_lane.is_none() => {
                state.next_lane = Some(state.begin(state.next?)?);
            }
            Action::CommitBuilt => {
                let open = state.next_lane.take()?;
                if let Some(next) = state.next.and_then(|next| state.commit(open, next)) {
                    state.next = Some(next);
                }
            }
            Action::Swap => return self.swap(state),
            Action::SwapRest if state.half_swapped => {
                state.half_swapped = false;
                state.read = state.live.generation;
            }
            Action::Read => {
                let seen = state.rows[state.read];
                state.went_back |= seen < state.seen;
                state.seen = seen.max(state.seen);
            }
            Action::Crash => {
                state.live_lane = None;
                state.next_lane = None;
                state.half_swapped = false;
            }
            Action::Append | Action::Apply | Action::Build | Action::SwapRest => return None,
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NOT_BACK, |_, state: &State| !state.went_back),
            Property::always(COMPLETE, |_, state: &State| {
                !state.is_at_rest() || state.rows[state.read] == EVENTS
            }),
            Property::always("events are applied one after another", |_, state: &State| {
                !state.torn
            }),
            Property::sometimes("the next generation becomes live", |_, state: &State| {
                state.is_at_rest() && state.read == 1 && state.seen == EVENTS
            }),
            Property::sometimes("somebody late is refused", |_, state: &State| state.refused),
        ]
    }
}

const NOT_BACK: &str = "readers never see less than before";
const COMPLETE: &str = "readers see everything in the end";

#[test]
fn readers_see_no_less_than_before_and_everything_in_the_end() {
    assert_eq!(broken("R15", "the swap of a rebuild", Rebuild(Variant::Product)), [""; 0]);
}

#[test]
fn control_a_swap_in_two_commits_leaves_readers_behind() {
    let broken = broken("R15", "control, a swap in two commits", Rebuild(Variant::Apart));
    assert!(broken.contains(&COMPLETE), "{broken:?}");
}

#[test]
fn control_a_swap_without_the_rest_takes_readers_back() {
    let what = "control, a swap that applies nothing";
    let broken = broken("R15", what, Rebuild(Variant::WithoutTheRest));
    assert!(broken.contains(&NOT_BACK), "{broken:?}");
}

#[test]
fn control_a_swap_that_keeps_the_epoch_lets_the_old_lane_go_on() {
    let what = "control, a swap that keeps the epoch";
    let broken = broken("R15", what, Rebuild(Variant::WithoutEpoch));
    assert!(broken.contains(&COMPLETE), "{broken:?}");
}
