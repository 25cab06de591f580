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
const LOOK: Duration = Duration::from_millis(500);

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
        loop {
            let status = operations.status(handler).await?;
            let HandlerStatus { state, lag_events, retrying, parked, dead, .. } = status;
            let by_itself = match state {
                HandlerState::Paused => {
                    return Err(Failure::new(format!("{} is paused", plain(handler))).help(
                        format!("`perme8 handlers resume {}` lets it go on", plain(handler)),
                    ));
                }
                HandlerState::Stopped => {
                    return Err(Failure::new(format!("no node runs {}", plain(handler)))
                        .help("`perme8 serve` does"));
                }
                HandlerState::Stuck => lag_events + retrying,
                HandlerState::Retrying | HandlerState::Running => lag_events + retrying + parked,
            };
            if by_itself == 0 {
                console.progress_over();
                return match dead {
                    0 => Ok(()),
                    dead => Err(Failure::new(format!("{dead} deliveries were given up"))
                        .help("`perme8 dead-letters list` names them")),
                };
            }
            console
                .progress(&format!("{lag_events} behind, {} set aside", retrying + parked + dead));
            tokio::time::sleep(LOOK).await;
        }
    }
}
