//! `perme8 dead-letters`.

use perme8_events::{
    Position,
    host::{DeadLetter, DeadLetterDetail, Operations},
    sql::Db,
};
use serde::Serialize;

use crate::{
    cli::{
        Console, Failure, Paint, Report, plain,
        references::instant,
        show::{Shown, facts},
        tables::table,
    },
    config,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List deliveries that were given up, oldest first
    List {
        /// Only those of this handler, e.g. `notifications.on_invitation`
        #[arg(long, value_name = "HANDLER")]
        handler: Option<String>,
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 50)]
        limit: u32,
    },
    /// Print one dead letter with its event
    Show(Which),
    /// Deliver once more, and then what waits behind it, in order
    Retry(Act),
    /// Give up this delivery for good; what waits behind it flows on
    Discard(Act),
}

/// A dead letter, as `list` prints it.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// The handler that gave up
    #[arg(value_name = "HANDLER")]
    pub(crate) handler: String,
    /// The position of the event
    #[arg(value_name = "POSITION")]
    pub(crate) position: Position,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Act {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// Deliveries that were given up.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct DeadLetters {
    dead_letters: Vec<DeadLetter>,
}

/// One of them with its event.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Detail {
    detail: DeadLetterDetail,
}

/// What was done about one of them.
#[derive(Debug, Serialize)]
pub(crate) struct Done {
    action: &'static str,
    handler: String,
    position: Position,
    operator: String,
}

pub(crate) async fn run(db: &Db, command: &Command, console: &Console) -> Result<(), Failure> {
    let operations = Operations::new(db);
    match command {
        Command::List { handler, limit } => {
            let dead_letters = operations.dead_letters(handler.as_deref(), *limit).await?;
            console.report(&DeadLetters { dead_letters })
        }
        Command::Show(which) => console.report(&detail(&operations, which).await?),
        Command::Retry(act) => console.report(&act.retry(&operations, console).await?),
        Command::Discard(act) => console.report(&act.discard(&operations, console).await?),
    }
}

async fn detail(operations: &Operations, which: &Which) -> Result<Detail, Failure> {
    let detail = operations.dead_letter(&which.handler, which.position).await?;
    Ok(Detail { detail })
}

impl Act {
    async fn retry(&self, operations: &Operations, console: &Console) -> Result<Done, Failure> {
        let Which { handler, position } = &self.which;
        let waiting = detail(operations, &self.which).await?.detail.dead_letter.waiting_behind;
        let question = format!("Deliver it to {} again, with {waiting} behind it?", plain(handler));
        self.ask(console, &question)?;
        let operator = config::operator();
        operations.retry(&operator, handler, *position).await?;
        Ok(self.done("retried", operator))
    }

    async fn discard(&self, operations: &Operations, console: &Console) -> Result<Done, Failure> {
        let Which { handler, position } = &self.which;
        let waiting = detail(operations, &self.which).await?.detail.dead_letter.waiting_behind;
        let question = format!(
            "{} will never handle the event at position {position}; {waiting} behind it flow on. Discard it?",
            plain(handler)
        );
        self.ask(console, &question)?;
        let operator = config::operator();
        operations.discard(&operator, handler, *position).await?;
        Ok(self.done("discarded", operator))
    }

    fn ask(&self, console: &Console, question: &str) -> Result<(), Failure> {
        if console.confirm(question, self.yes)? {
            return Ok(());
        }
        Err(Failure::new("nothing was done"))
    }

    fn done(&self, action: &'static str, operator: String) -> Done {
        let Which { handler, position } = &self.which;
        Done { action, handler: handler.clone(), position: *position, operator }
    }
}

impl Report for DeadLetters {
    fn text(&self, paint: Paint) -> String {
        if self.dead_letters.is_empty() {
            return paint.good("no delivery was given up");
        }
        let rows = self.dead_letters.iter().map(|letter| {
            let DeadLetter {
                handler,
                position,
                event_id: _,
                event_type,
                key: _,
                attempts,
                error,
                waiting_behind,
                died_at,
            } = letter;
            vec![
                handler.clone(),
                position.to_string(),
                event_type.clone(),
                attempts.to_string(),
                waiting_behind.to_string(),
                instant(*died_at),
                shortened(error),
            ]
        });
        let header =
            ["handler", "position", "event", "attempts", "waiting", "given up at", "error"];
        table(&header, &[1, 3, 4], rows)
    }
}

/// The beginning of an error; `show` prints all of it.
fn shortened(error: &str) -> String {
    const WIDTH: usize = 60;
    let shown = plain(error);
    match shown.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

impl Report for Detail {
    fn text(&self, paint: Paint) -> String {
        let DeadLetterDetail { dead_letter, event } = &self.detail;
        let rows = [
            ("handler", dead_letter.handler.clone()),
            ("key", plain(&dead_letter.key)),
            ("given up at", instant(dead_letter.died_at)),
            ("attempts", dead_letter.attempts.to_string()),
            ("waiting", dead_letter.waiting_behind.to_string()),
            ("error", plain(&dead_letter.error)),
        ];
        let event = match event {
            Some(event) => Shown { event: event.clone() }.text(paint),
            None => "its event is no longer in the log".to_owned(),
        };
        format!("{}\n{}\n\n{event}", paint.bad("dead letter"), facts(paint, rows))
    }
}

impl Report for Done {
    fn text(&self, paint: Paint) -> String {
        let Self { action, handler, position, operator: _ } = self;
        let what = paint.good(action);
        format!(
            "{what} position {position} of {}; a running host takes it from here",
            plain(handler)
        )
    }
}

#[cfg(test)]
mod tests;
