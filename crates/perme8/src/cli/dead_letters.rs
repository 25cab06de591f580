//! `perme8 dead-letters`.

use std::{io::Read as _, path::PathBuf};

use perme8_events::{
    Position,
    host::{DeadLetter, DeadLetterDetail, Discard, Operations},
    sql::Db,
};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    app,
    cli::{
        Console, Failure, Paint, Report,
        act::{Done, OfHandler, Sure, Wait, operator},
        plain,
        references::instant,
        show::{Shown, facts},
        tables::table,
    },
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
    Retry(RetryArgs),
    /// Deliver once more, with other data in the place of the event's; the log stays as it is
    Edit(EditArgs),
    /// Give up this delivery for good; what waits behind it flows on
    Discard(DiscardArgs),
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
pub(crate) struct RetryArgs {
    /// The handler that gave up
    #[arg(value_name = "HANDLER")]
    handler: String,
    /// The position of the event
    #[arg(value_name = "POSITION", required_unless_present = "all", conflicts_with = "all")]
    position: Option<Position>,
    /// All dead letters of the handler, each key in order
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    sure: Sure,
    #[command(flatten)]
    wait: Wait,
}

#[derive(Debug, clap::Args)]
pub(crate) struct EditArgs {
    #[command(flatten)]
    which: Which,
    /// The data, as JSON
    #[arg(long, value_name = "JSON", required_unless_present = "file", conflicts_with = "file")]
    data: Option<String>,
    /// A file that holds the data, or - for standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    sure: Sure,
    #[command(flatten)]
    wait: Wait,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DiscardArgs {
    #[command(flatten)]
    which: Which,
    /// Give up everything that waits behind it as well
    #[arg(long)]
    with_waiting: bool,
    #[command(flatten)]
    sure: Sure,
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

/// Which one something was done about.
#[derive(Debug, Serialize)]
struct At {
    position: Position,
}

/// How many were retried.
#[derive(Debug, Serialize)]
struct Retried {
    retried: u64,
}

/// What will never be delivered.
#[derive(Debug, Serialize)]
struct Discarded {
    position: Position,
    discarded: u64,
}

pub(crate) async fn run(db: &Db, command: &Command, console: &Console) -> Result<(), Failure> {
    let operations = app::operations(db);
    match command {
        Command::List { handler, limit } => {
            let dead_letters = operations.dead_letters(handler.as_deref(), *limit).await?;
            console.report(&DeadLetters { dead_letters })
        }
        Command::Show(which) => console.report(&detail(&operations, which).await?),
        Command::Retry(args) => {
            match args.position {
                Some(position) => {
                    console.report(&args.retry(&operations, position, console).await?)?;
                }
                None => console.report(&args.retry_all(&operations, console).await?)?,
            }
            args.wait.until_caught_up(&operations, &args.handler, console).await
        }
        Command::Edit(args) => {
            console.report(&args.edit(&operations, console).await?)?;
            args.wait.until_caught_up(&operations, &args.which.handler, console).await
        }
        Command::Discard(args) => console.report(&args.discard(&operations, console).await?),
    }
}

async fn detail(operations: &Operations, which: &Which) -> Result<Detail, Failure> {
    let detail = operations.dead_letter(&which.handler, which.position).await?;
    Ok(Detail { detail })
}

/// How many deliveries wait behind a dead letter, if there is one.
async fn waiting(
    operations: &Operations,
    handler: &str,
    position: Position,
) -> Result<i64, Failure> {
    let detail = operations.dead_letter(handler, position).await?;
    Ok(detail.dead_letter.waiting_behind)
}

impl RetryArgs {
    async fn retry(
        &self,
        operations: &Operations,
        position: Position,
        console: &Console,
    ) -> Result<Done<OfHandler<At>>, Failure> {
        let Self { handler, sure, .. } = self;
        let waiting = waiting(operations, handler, position).await?;
        let name = plain(handler);
        sure.ask(console, &format!("Deliver it to {name} again, with {waiting} behind it?"))?;
        operations.retry(&operator(), handler, position).await?;
        let says = format!("position {position} of {name}; a running host takes it from here");
        Ok(Done::of_handler("retried", handler, At { position }, says))
    }

    async fn retry_all(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfHandler<Retried>>, Failure> {
        let Self { handler, sure, .. } = self;
        let dead = operations.status(handler).await?.dead;
        let name = plain(handler);
        sure.ask(console, &format!("Deliver all {dead} dead letters to {name} again?"))?;
        let retried = operations.retry_all(&operator(), handler).await?;
        let says = format!("{retried} dead letters of {name}; a running host takes it from here");
        Ok(Done::of_handler("retried", handler, Retried { retried }, says))
    }
}

impl EditArgs {
    async fn edit(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfHandler<At>>, Failure> {
        let Self { which: Which { handler, position }, sure, .. } = self;
        let waiting = waiting(operations, handler, *position).await?;
        let data = self.data()?;
        let name = plain(handler);
        let question =
            format!("Deliver it to {name} with these data, and then {waiting} behind it?");
        sure.ask(console, &question)?;
        operations.edit(&operator(), handler, *position, data).await?;
        let says = format!("position {position} of {name}; a running host takes it from here");
        Ok(Done::of_handler("edited", handler, At { position: *position }, says))
    }

    fn data(&self) -> Result<Box<RawValue>, Failure> {
        let text = match (&self.data, &self.file) {
            (Some(data), _) => data.clone(),
            (None, Some(file)) if file.as_os_str() == "-" => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text)?;
                text
            }
            (None, Some(file)) => std::fs::read_to_string(file).map_err(|error| {
                let failure = Failure::from(error);
                Failure {
                    causes: vec![failure.message],
                    ..Failure::new(format!("`{}` cannot be read", file.display()))
                }
            })?,
            (None, None) => return Err(Failure::usage("name the data")),
        };
        serde_json::from_str(&text).map_err(|error| {
            Failure { causes: vec![error.to_string()], ..Failure::usage("the data are no JSON") }
                .help("`perme8 dead-letters show --json` prints those that the event has")
        })
    }
}

impl DiscardArgs {
    async fn discard(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfHandler<Discarded>>, Failure> {
        let Self { which: Which { handler, position }, with_waiting, sure } = self;
        let (waiting, name) = (waiting(operations, handler, *position).await?, plain(handler));
        let (discard, rest) = if *with_waiting {
            (Discard::WithWaiting, format!("nor the {waiting} behind it. Discard them?"))
        } else {
            (Discard::Alone, format!("{waiting} behind it flow on. Discard it?"))
        };
        let question = format!("{name} will never handle the event at position {position}; {rest}");
        sure.ask(console, &question)?;
        let discarded = operations.discard(&operator(), handler, *position, discard).await?;
        let says = match discarded {
            1 => format!("position {position} of {name}"),
            more => format!("position {position} of {name} and {} behind it", more - 1),
        };
        Ok(Done::of_handler(
            "discarded",
            handler,
            Discarded { position: *position, discarded },
            says,
        ))
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
                is_edited: _,
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
        let DeadLetterDetail { dead_letter, event, edited_data } = &self.detail;
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
        let edited = match edited_data {
            Some(data) => {
                format!("\n\nits data were edited and are delivered as\n{}", plain(data.get()))
            }
            None => String::new(),
        };
        format!("{}\n{}\n\n{event}{edited}", paint.bad("dead letter"), facts(paint, rows))
    }
}

#[cfg(test)]
mod tests;
