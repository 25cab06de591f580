//! `perme8 schedules` and `perme8 timers`.

use perme8_events::{
    host::{Operations, ScheduleStatus, TimerStatus},
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
    /// List the schedules with when they come true
    List,
    /// Let a schedule pass its times by until it is resumed
    Pause(Act),
    /// Let a paused schedule go on; the times that it has missed count as one
    Resume(Act),
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Timers {
    /// List the timers that are set, the next one first
    List {
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 50)]
        limit: u32,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Act {
    /// The schedule
    #[arg(value_name = "SCHEDULE")]
    schedule: String,
    #[command(flatten)]
    sure: Sure,
}

/// The schedules.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct ScheduleList {
    schedules: Vec<ScheduleStatus>,
}

/// The timers.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct TimerList {
    timers: Vec<TimerStatus>,
}

/// What was done to a schedule.
#[derive(Debug, Serialize)]
struct OfSchedule {
    schedule: String,
    #[serde(flatten)]
    changed: Changed,
}

pub(crate) async fn run(db: &Db, command: &Command, console: &Console) -> Result<(), Failure> {
    let operations = app::operations(db);
    match command {
        Command::List => console.report(&ScheduleList { schedules: operations.schedules().await? }),
        Command::Pause(act) => console.report(&act.pause(&operations, console).await?),
        Command::Resume(act) => console.report(&act.resume(&operations, console).await?),
    }
}

pub(crate) async fn timers(db: &Db, command: &Timers, console: &Console) -> Result<(), Failure> {
    let Timers::List { limit } = command;
    console.report(&TimerList { timers: app::operations(db).timers(*limit).await? })
}

impl Act {
    async fn pause(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfSchedule>, Failure> {
        self.sure.ask(console, &format!("Pause {}?", plain(&self.schedule)))?;
        let changed = operations.pause_schedule(&operator(), &self.schedule).await?;
        Ok(self.done("paused", changed))
    }

    async fn resume(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfSchedule>, Failure> {
        self.sure.ask(console, &format!("Let {} go on?", plain(&self.schedule)))?;
        let changed = operations.resume_schedule(&operator(), &self.schedule).await?;
        Ok(self.done("resumed", changed))
    }

    fn done(&self, action: &'static str, changed: bool) -> Done<OfSchedule> {
        let changed = Changed { changed };
        let says = changed.says(&plain(&self.schedule));
        Done::new(action, OfSchedule { schedule: self.schedule.clone(), changed }, says)
    }
}

impl Report for ScheduleList {
    fn text(&self, _: Paint) -> String {
        if self.schedules.is_empty() {
            return "no schedule has run on this database yet: `perme8 serve` starts them"
                .to_owned();
        }
        let rows = self.schedules.iter().map(|status| {
            let ScheduleStatus { schedule, pattern, queue, next_at, last_at, pause } = status;
            vec![
                schedule.clone(),
                if pause.is_some() { "paused" } else { "running" }.to_owned(),
                pattern.clone(),
                queue.clone(),
                instant(*next_at),
                last_at.map_or_else(|| "-".to_owned(), instant),
            ]
        });
        table(&["schedule", "state", "pattern", "queue", "next", "last"], &[], rows)
    }
}

impl Report for TimerList {
    fn text(&self, _: Paint) -> String {
        if self.timers.is_empty() {
            return "no timer is set".to_owned();
        }
        let rows = self.timers.iter().map(|status| {
            let TimerStatus { owner, instance, timer, due_at, set_at } = status;
            vec![owner.clone(), plain(instance), timer.clone(), instant(*due_at), instant(*set_at)]
        });
        table(&["set by", "about", "timer", "due at", "set at"], &[], rows)
    }
}
