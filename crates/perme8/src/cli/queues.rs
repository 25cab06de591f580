//! `perme8 queues`.

use perme8_events::{
    host::{Operations, QueueStatus},
    sql::Db,
};
use serde::Serialize;

use crate::{
    app,
    cli::{
        Console, Failure, Paint, Report,
        act::{Changed, Done, Sure, operator},
        plain,
        references::instant,
        tables::table,
    },
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the queues with what waits, runs and was given up
    List,
    /// Begin no job of a queue on any node until it is resumed; jobs that run are finished
    Pause(Act),
    /// Let a paused queue go on
    Resume(Act),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Act {
    /// The queue, e.g. `mail.outgoing`
    #[arg(value_name = "QUEUE")]
    queue: String,
    #[command(flatten)]
    sure: Sure,
}

/// How each queue is.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct QueueList {
    queues: Vec<QueueStatus>,
}

/// What was done to a queue.
#[derive(Debug, Serialize)]
struct OfQueue {
    queue: String,
    #[serde(flatten)]
    changed: Changed,
}

pub(crate) async fn run(db: &Db, command: &Command, console: &Console) -> Result<(), Failure> {
    let operations = app::operations(db);
    match command {
        Command::List => console.report(&QueueList { queues: operations.queues().await? }),
        Command::Pause(act) => console.report(&act.pause(&operations, console).await?),
        Command::Resume(act) => console.report(&act.resume(&operations, console).await?),
    }
}

impl Act {
    async fn pause(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfQueue>, Failure> {
        let running = operations.queue(&self.queue).await?.running;
        let name = plain(&self.queue);
        self.sure.ask(console, &format!("{running} jobs of {name} will be finished. Pause it?"))?;
        let changed = operations.pause_queue(&operator(), &self.queue).await?;
        Ok(self.done("paused", changed))
    }

    async fn resume(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfQueue>, Failure> {
        let waiting = operations.queue(&self.queue).await?.waiting;
        let name = plain(&self.queue);
        self.sure.ask(console, &format!("{waiting} jobs of {name} wait. Let it go on?"))?;
        let changed = operations.resume_queue(&operator(), &self.queue).await?;
        Ok(self.done("resumed", changed))
    }

    fn done(&self, action: &'static str, changed: bool) -> Done<OfQueue> {
        let changed = Changed { changed };
        let says = changed.says(&plain(&self.queue));
        Done::new(action, OfQueue { queue: self.queue.clone(), changed }, says)
    }
}

impl Report for QueueList {
    fn text(&self, _: Paint) -> String {
        if self.queues.is_empty() {
            return "this program has no queues, and nothing is left in any".to_owned();
        }
        let rows = self.queues.iter().map(|status| {
            let QueueStatus {
                queue,
                state,
                pause: _,
                waiting,
                retrying,
                attempts: _,
                running,
                dead,
                lag_seconds,
                oldest_dead_at,
                nodes,
            } = status;
            vec![
                queue.clone(),
                state.as_str().to_owned(),
                waiting.to_string(),
                lag_seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.1} s")),
                retrying.to_string(),
                running.to_string(),
                dead.to_string(),
                oldest_dead_at.map_or_else(|| "-".to_owned(), instant),
                if nodes.is_empty() { "-".to_owned() } else { nodes.join(", ") },
            ]
        });
        let header = [
            "queue", "state", "waiting", "due for", "retrying", "running", "dead", "since",
            "run by",
        ];
        table(&header, &[2, 3, 4, 5, 6], rows)
    }
}
