//! Visiting every state of a model.

use std::{fmt::Debug, hash::Hash};

use perme8_events::testing::figure;
use stateright::{Checker as _, Expectation, Model};

/// What a model promises and does not hold: what is never to be and can be, and what is to be possible and is not.
pub(crate) fn broken<M>(rung: &str, what: &str, model: M) -> Vec<&'static str>
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq + Send + Sync + 'static,
{
    let checker = model.checker().spawn_bfs().join();
    let mut broken = Vec::new();
    let mut shortest = String::new();
    for property in checker.model().properties() {
        let found = checker.discovery(property.name);
        match (property.expectation, found) {
            (Expectation::Always | Expectation::Eventually, Some(path)) => {
                shortest = format!(", e.g. by {:?}", path.into_actions());
                broken.push(property.name);
            }
            (Expectation::Sometimes, None) => broken.push(property.name),
            (Expectation::Always | Expectation::Eventually, None)
            | (Expectation::Sometimes, Some(_)) => {}
        }
    }
    let states = checker.unique_state_count();
    let verdict = if broken.is_empty() {
        "holds in each of them".to_owned()
    } else {
        format!("breaks `{}`{shortest}", broken.join("`, `"))
    };
    figure(rung, "model", &format!("{what}, {states} states: {verdict}"));
    broken
}
