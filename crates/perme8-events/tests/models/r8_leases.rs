//! R8, as a model: two nodes share a partition by a lease with an epoch; whatever is paused, killed or not answered, every
//! effect happens once and in order.

use stateright::{Model, Property};

use crate::check::broken;

const NODES: usize = 2;
/// So many events are to be handled.
const EVENTS: u8 = 2;
/// Further takeovers show nothing new.
const EPOCHS: u8 = 4;

/// What the product does, or what it must not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Product,
    /// Effects are committed whether the lease holds or not.
    Unfenced,
    /// The fence looks at the epoch and the owner, and not at the checkpoint.
    BlindToTheCheckpoint,
}

#[derive(Debug, Clone, Copy)]
struct Leases(Variant);

/// What a node takes to be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Lane {
    /// It does not deliver.
    Idle,
    /// It has seen the partition free, at this epoch.
    Saw { epoch: u8 },
    /// It has the lease, and goes on with this event.
    Owns { epoch: u8, at: u8 },
    /// It has handled this event, in a transaction that is not committed yet.
    Working { epoch: u8, at: u8 },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    /// The row of the partition.
    epoch: u8,
    owner: Option<usize>,
    position: u8,
    /// Whose lease has not run out, by the clock of the database.
    alive: [bool; NODES],
    lanes: [Lane; NODES],
    /// What has happened, in order.
    effects: Vec<u8>,
    /// Whether a late commit was refused.
    refused: bool,
}

/// What happens next, to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    /// It is paused, or cut off, until its lease has run out; it does not know.
    LeaseEnds(usize),
    /// `Db::heartbeat`.
    SignOfLife(usize),
    /// `Node::tick` reads the rows.
    Look(usize),
    /// `Db::claim`, and then `Db::checkpoint`, which nobody else can move any more.
    Claim(usize),
    /// `Lane::attempt` up to the commit.
    Handle(usize),
    /// `Partition::advance`, and the commit.
    Commit(usize),
    /// The same, and the answer is lost: the node takes it that nothing was committed.
    CommitUnanswered(usize),
    /// `kill -9`; what it remembers is gone.
    Crash(usize),
}

impl Leases {
    /// Whether the row lets a node commit what it has handled.
    fn holds(self, state: &State, node: usize, epoch: u8, at: u8) -> bool {
        let lease = state.epoch == epoch && state.owner == Some(node);
        match self.0 {
            Variant::Product | Variant::Unfenced => lease && state.position <= at,
            Variant::BlindToTheCheckpoint => lease,
        }
    }

    fn commit(self, mut state: State, node: usize, answered: bool) -> Option<State> {
        let Lane::Working { epoch, at } = state.lanes[node] else { return None };
        let holds = self.holds(&state, node, epoch, at);
        if holds {
            state.position = at + 1;
        }
        if holds || self.0 == Variant::Unfenced {
            state.effects.push(at);
            let next = if answered { at + 1 } else { at };
            state.lanes[node] = Lane::Owns { epoch, at: next };
        } else {
            state.refused = true;
            state.lanes[node] = Lane::Idle;
        }
        Some(state)
    }
}

impl Model for Leases {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            epoch: 0,
            owner: None,
            position: 0,
            alive: [true; NODES],
            lanes: [Lane::Idle; NODES],
            effects: Vec::new(),
            refused: false,
        }]
    }

    fn actions(&self, _: &State, actions: &mut Vec<Action>) {
        for node in 0..NODES {
            actions.extend([
                Action::LeaseEnds(node),
                Action::SignOfLife(node),
                Action::Look(node),
                Action::Claim(node),
                Action::Handle(node),
                Action::Commit(node),
                Action::CommitUnanswered(node),
                Action::Crash(node),
            ]);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::LeaseEnds(node) if state.alive[node] => state.alive[node] = false,
            Action::SignOfLife(node) if !state.alive[node] => state.alive[node] = true,
            Action::Look(node) if state.lanes[node] == Lane::Idle => {
                let taken = state.owner.is_some_and(|owner| owner != node && state.alive[owner]);
                if taken {
                    return None;
                }
                state.lanes[node] = Lane::Saw { epoch: state.epoch };
            }
            Action::Claim(node) => {
                let Lane::Saw { epoch } = state.lanes[node] else { return None };
                if state.epoch == epoch {
                    state.epoch += 1;
                    state.owner = Some(node);
                    state.lanes[node] = Lane::Owns { epoch: state.epoch, at: state.position };
                } else {
                    state.lanes[node] = Lane::Idle;
                }
            }
            Action::Handle(node) => {
                let Lane::Owns { epoch, at } = state.lanes[node] else { return None };
                if at == EVENTS {
                    return None;
                }
                state.lanes[node] = Lane::Working { epoch, at };
            }
            Action::Commit(node) => return self.commit(state, node, true),
            Action::CommitUnanswered(node) => return self.commit(state, node, false),
            Action::Crash(node) if state.lanes[node] != Lane::Idle => {
                state.lanes[node] = Lane::Idle;
            }
            Action::LeaseEnds(_) | Action::SignOfLife(_) | Action::Look(_) | Action::Crash(_) => {
                return None;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("every effect happens once", |_, state: &State| {
                let mut effects = state.effects.clone();
                effects.sort_unstable();
                effects.is_sorted_by(|one, next| one < next)
            }),
            Property::always("effects happen in order", |_, state: &State| {
                state.effects.is_sorted()
            }),
            Property::always("the checkpoint tells of the effects", |_, state: &State| {
                state.effects.len() == usize::from(state.position)
            }),
            Property::sometimes(
                "another node takes over and comes to the end",
                |_, state: &State| state.epoch > 1 && state.position == EVENTS,
            ),
            Property::sometimes("a late effect is refused", |_, state: &State| state.refused),
        ]
    }

    fn within_boundary(&self, state: &State) -> bool {
        // A mutant that repeats itself would go on for ever.
        state.epoch <= EPOCHS && state.effects.len() <= usize::from(EVENTS) + 1
    }
}

const ONCE: &str = "every effect happens once";

#[test]
fn effects_happen_once_and_in_order_whoever_is_paused() {
    assert_eq!(broken("R8", "leases with fencing", Leases(Variant::Product)), [""; 0]);
}

#[test]
fn control_without_the_fence_an_effect_happens_twice() {
    let broken = broken("R8", "control, leases without the fence", Leases(Variant::Unfenced));
    assert!(broken.contains(&ONCE), "{broken:?}");
}

#[test]
fn control_a_fence_that_is_blind_to_the_checkpoint_repeats_what_was_not_answered() {
    let what = "control, a fence that is blind to the checkpoint";
    let broken = broken("R8", what, Leases(Variant::BlindToTheCheckpoint));
    assert!(broken.contains(&ONCE), "{broken:?}");
}
