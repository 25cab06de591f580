//! What an operator does: asked for first, done in the operator's name, and followed until it has had its effect.

use std::time::Duration;

use perme8_events::{
    Origin,
    host::{HandlerState, HandlerStatus, Operations, Operator},
};
use serde::Serialize;

use crate::{
    cli::{Console, Failure, Paint, Report, plain},
    config,
};

/// How often the state of a handler is looked at while somebody waits for it.
pub(crate) const LOOK: Duration = Duration::from_millis(500);

/// Whether the operator is sure.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct Sure {
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// Whether the command ends only with the work that it has caused.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct Wait {
    /// Wait until the handler has come to the end of the log, and show how far it is
    #[arg(long)]
    pub(crate) wait: bool,
}

/// What was done, and to what.
#[derive(Debug, Serialize)]
pub(crate) struct Done<T> {
    action: &'static str,
    #[serde(flatten)]
    outcome: T,
    pub(crate) operator: String,
    /// The rest of the sentence that begins with the action.
    #[serde(skip)]
    says: String,
}

/// What came of something that was done to a handler.
#[derive(Debug, Serialize)]
pub(crate) struct OfHandler<T> {
    pub(crate) handler: String,
    #[serde(flatten)]
    pub(crate) outcome: T,
}

/// Whether something was paused or resumed, or was so before.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Changed {
    pub(crate) changed: bool,
}

impl Changed {
    /// The same for people, about what has this name.
    pub(crate) fn says(self, name: &str) -> String {
        if self.changed {
            format!("{name}; hosts that run take notice within a second")
        } else {
            format!("{name}, which it was before")
        }
    }
}

impl<T> Done<T> {
    /// Done by whoever runs this program.
    pub(crate) fn new(action: &'static str, outcome: T, says: String) -> Self {
        Self { action, outcome, operator: operator().name().to_owned(), says }
    }
}

impl<T> Done<OfHandler<T>> {
    pub(crate) fn of_handler(
        action: &'static str,
        handler: &str,
        outcome: T,
        says: String,
    ) -> Self {
        Self::new(action, OfHandler { handler: handler.to_owned(), outcome }, says)
    }
}

impl<T: Serialize> Report for Done<T> {
    fn text(&self, paint: Paint) -> String {
        format!("{} {}", paint.good(self.action), self.says)
    }
}

/// Whoever runs this program: having the database is what makes them an operator.
pub(crate) fn operator() -> Operator {
    Operator::new(config::operator(), Origin::system("cli"))
        .expect("the name of a user is cut and cleaned where it is read")
}

impl Sure {
    /// Asks, unless there is no doubt.
    pub(crate) fn ask(self, console: &Console, question: &str) -> Result<(), Failure> {
        if console.confirm(question, self.yes)? {
            return Ok(());
        }
        Err(Failure::new("nothing was done"))
    }
}

impl Wait {
    /// Shows how far a handler is until there is nothing left that it would do by itself.
    pub(crate) async fn until_caught_up(
        self,
        operations: &Operations,
        handler: &str,
        console: &Console,
    ) -> Result<(), Failure> {
        if !self.wait {
            return Ok(());
        }
        while let Some(left) = left(&operations.status(handler).await?)? {
            console.progress(&left);
            tokio::time::sleep(LOOK).await;
        }
        console.progress_over();
        Ok(())
    }
}

/// Why nothing comes of a handler that an operator has paused.
pub(crate) fn paused(status: &HandlerStatus) -> Failure {
    let name = plain(&status.handler);
    Failure::new(format!("{name} is paused"))
        .help(format!("`perme8 handlers resume {name}` lets it go on"))
}

/// Why nothing comes of a handler that no node runs.
pub(crate) fn stopped(status: &HandlerStatus) -> Failure {
    Failure::new(format!("no node runs {}", plain(&status.handler))).help("`perme8 serve` does")
}

/// What stands in the way of an end.
pub(crate) fn given_up(deliveries: i64) -> Failure {
    Failure::new(format!("{deliveries} deliveries were given up"))
        .help("`perme8 dead-letters list` names them")
}

/// What a handler has not done yet and will do by itself; none when it has done everything.
fn left(status: &HandlerStatus) -> Result<Option<String>, Failure> {
    let HandlerStatus { state, lag_events, retrying, parked, aside, dead, .. } = status;
    let by_itself = match state {
        HandlerState::Paused => return Err(paused(status)),
        HandlerState::Stopped => return Err(stopped(status)),
        HandlerState::Stuck => lag_events + retrying + aside,
        HandlerState::Retrying | HandlerState::CatchingUp | HandlerState::Running => {
            lag_events + retrying + parked + aside
        }
    };
    let set_aside = retrying + parked + aside + dead;
    match (by_itself, dead) {
        (0, 0) => Ok(None),
        (0, dead) => Err(given_up(*dead)),
        (_, _) => Ok(Some(format!("{lag_events} behind, {set_aside} set aside"))),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Position;

    use super::*;

    fn status(state: HandlerState, counts: [i64; 5]) -> HandlerStatus {
        let [lag_events, retrying, parked, aside, dead] = counts;
        HandlerStatus {
            handler: "tests.handler".to_owned(),
            state,
            pause: None,
            partitions: 4,
            position: Position::new(7),
            head: Position::new(7 + lag_events),
            lag_events,
            lag_seconds: None,
            retrying,
            attempts: 0,
            parked,
            aside,
            aside_seconds: None,
            dead,
            oldest_dead_at: None,
            nodes: Vec::new(),
        }
    }

    fn check(state: HandlerState, counts: [i64; 5], expected: &Expect) {
        let says = match left(&status(state, counts)) {
            Ok(Some(left)) => left,
            Ok(None) => "done".to_owned(),
            Err(Failure { message, help, .. }) => {
                format!("{message}: {}", help.unwrap_or_default())
            }
        };
        expected.assert_eq(&says);
    }

    #[test]
    fn whoever_waits_is_told_how_far_it_is_until_it_is_done() {
        check(HandlerState::Running, [5, 0, 0, 0, 0], &expect!["5 behind, 0 set aside"]);
        check(HandlerState::Retrying, [5, 1, 2, 0, 0], &expect!["5 behind, 3 set aside"]);
        check(HandlerState::Retrying, [0, 0, 2, 0, 0], &expect!["0 behind, 2 set aside"]);
        check(HandlerState::CatchingUp, [0, 0, 0, 7, 0], &expect!["0 behind, 7 set aside"]);
        check(HandlerState::Running, [0, 0, 0, 0, 0], &expect!["done"]);
    }

    #[test]
    fn nobody_waits_for_what_does_not_come_by_itself() {
        check(HandlerState::Stuck, [3, 0, 2, 0, 1], &expect!["3 behind, 3 set aside"]);
        // It is caught up, or comes to wait behind the dead letter.
        check(HandlerState::Stuck, [0, 0, 2, 4, 1], &expect!["0 behind, 7 set aside"]);
        check(
            HandlerState::Stuck,
            [0, 0, 2, 0, 1],
            &expect!["1 deliveries were given up: `perme8 dead-letters list` names them"],
        );
        check(
            HandlerState::Paused,
            [3, 0, 0, 0, 0],
            &expect![
                "tests.handler is paused: `perme8 handlers resume tests.handler` lets it go on"
            ],
        );
        check(
            HandlerState::Stopped,
            [3, 0, 0, 0, 0],
            &expect!["no node runs tests.handler: `perme8 serve` does"],
        );
    }
}
