//! `perme8 events archive`, `restore` and `verify`.

use std::{path::PathBuf, process::ExitCode, str::FromStr};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use perme8_events::{
    Position,
    host::{
        ArchiveBefore, ArchiveError, ArchiveProgress, ArchiveStep, ArchiveWish, Archived, Archives,
        Restored, Verification, VerifiedArchive,
    },
    sql::Db,
};
use serde::Serialize;

use crate::cli::{
    Console, Failure, Paint, Report,
    act::{Done, Sure, operator},
    plain,
    tables::table,
};

#[derive(Debug, clap::Args)]
pub(crate) struct ArchiveArgs {
    #[command(flatten)]
    upto: Upto,
    #[command(flatten)]
    folder: Folder,
    /// So many events a file holds at most
    #[arg(long, value_name = "NUMBER", default_value_t = ArchiveWish::EVENTS_IN_A_FILE)]
    events_in_a_file: u64,
    /// Where somebody still needs a part of it, archive what lies before that, instead of nothing
    #[arg(long)]
    as_far_as_possible: bool,
    /// Do not mind this handler, which nobody runs any more; it will miss what is archived
    #[arg(long, value_name = "HANDLER")]
    despite: Vec<String>,
    #[command(flatten)]
    sure: Sure,
}

/// How much of the log goes.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Upto {
    /// What happened before a day or a time, e.g. 2026-01-05 or 2026-01-05T09:00:00Z, or what stands before a position
    #[arg(long, value_name = "DATE|POSITION")]
    before: Option<Place>,
    /// What happened more than so many days ago
    #[arg(long, value_name = "DAYS")]
    keep: Option<u32>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Folder {
    /// Where the archives are
    #[arg(long, value_name = "FOLDER", default_value = "./data/archive")]
    folder: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// The first position that is needed [default: the first of all]
    #[arg(long, value_name = "POSITION")]
    from: Option<Position>,
    /// The last position that is needed [default: the last that is archived]
    #[arg(long, value_name = "POSITION")]
    to: Option<Position>,
    #[command(flatten)]
    folder: Folder,
    #[command(flatten)]
    sure: Sure,
}

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Look at the files alone, without a database
    #[arg(long)]
    pub(crate) offline: bool,
}

/// A day, a time or a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(ArchiveBefore);

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(number) = text.parse::<i64>() {
            return if number > 0 {
                Ok(Self(ArchiveBefore::Position(Position::new(number))))
            } else {
                Err("positions begin with 1".to_owned())
            };
        }
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
        let day = day.map(|day| day.and_time(NaiveTime::MIN).and_utc());
        let time = day
            .or_else(|_| DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc)));
        time.map(|time| Self(ArchiveBefore::Time(time))).map_err(|_| {
            "expected a day (2026-01-05), a time (2026-01-05T09:00:00Z) or a position (a number)"
                .to_owned()
        })
    }
}

/// What a verification found, for people and machines.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Verified {
    verification: Verification,
}

/// That there was nothing to archive.
#[derive(Debug, Serialize)]
struct Nothing {
    files: [String; 0],
}

pub(crate) async fn archive(db: &Db, args: &ArchiveArgs, console: &Console) -> Result<(), Failure> {
    let archives = Archives::new(db, &args.folder.folder);
    let wish = ArchiveWish {
        events_in_a_file: args.events_in_a_file,
        as_far_as_possible: args.as_far_as_possible,
        despite: args.despite.clone(),
        ..ArchiveWish::before(args.upto.place(db.clock().now()))
    };
    let Some(plan) = archives.plan(&wish).await.map_err(failure)? else {
        return console.report(&Nothing { files: [] });
    };
    let folder = plain(&args.folder.folder.display().to_string());
    let question = format!(
        "Move positions {} to {} out of the log, into `{folder}`? Keep that folder as well as the database.",
        plan.first, plan.last
    );
    args.sure.ask(console, &question)?;
    let told = |progress| console.progress(&said(progress));
    let done = archives.archive(&operator(), &wish, told).await;
    console.progress_over();
    match done.map_err(failure)? {
        Some(gone) => {
            let says = archived_in_words(&gone, &folder);
            console.report(&Done::new("archived", gone, says))
        }
        None => console.report(&Nothing { files: [] }),
    }
}

pub(crate) async fn restore(db: &Db, args: &RestoreArgs, console: &Console) -> Result<(), Failure> {
    let archives = Archives::new(db, &args.folder.folder);
    let from = args.from.unwrap_or(Position::new(1));
    let to = args.to.unwrap_or(Position::new(i64::MAX));
    if to < from {
        return Err(Failure::usage("--to lies before --from"));
    }
    let which = match (args.from, args.to) {
        (None, None) => "everything that is archived".to_owned(),
        (_, None) => format!("what is archived from position {from} on"),
        (_, Some(to)) => format!("the archives that hold positions {from} to {to}"),
    };
    args.sure.ask(console, &format!("Put {which} back into the log?"))?;
    let told = |progress| console.progress(&said(progress));
    let restored = archives.restore(&operator(), (from, to), told).await;
    console.progress_over();
    let restored = restored.map_err(failure)?;
    let says = restored_in_words(&restored);
    console.report(&Done::new("restored", restored, says))
}

/// Looks at every archive; with a database, also at what that says of them.
pub(crate) async fn verify(
    db: Option<&Db>,
    args: &VerifyArgs,
    console: &Console,
) -> Result<ExitCode, Failure> {
    let folder = &args.folder.folder;
    let told = |progress| console.progress(&said(progress));
    let verification = match db {
        Some(db) => Archives::new(db, folder).verify(told).await,
        None => Archives::verify_files(folder, told).await,
    };
    console.progress_over();
    let verification = verification.map_err(failure)?;
    let is_sound = verification.is_sound();
    console.report(&Verified { verification })?;
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Upto {
    fn place(&self, now: DateTime<Utc>) -> ArchiveBefore {
        match (self.before, self.keep) {
            (Some(Place(place)), _) => place,
            // The parser wants one of the two.
            (None, days) => {
                let kept = TimeDelta::days(i64::from(days.unwrap_or(u32::MAX)));
                let since = now.checked_sub_signed(kept).unwrap_or_default();
                // Nothing is older, and the databases know of no time that is much older.
                ArchiveBefore::Time(since.max(DateTime::UNIX_EPOCH))
            }
        }
    }
}

fn said(ArchiveProgress { step, events }: ArchiveProgress) -> String {
    let done = match step {
        ArchiveStep::Write => "written",
        ArchiveStep::Read => "read back",
        ArchiveStep::Remove => "removed from the log",
        ArchiveStep::Restore => "put back",
    };
    format!("{events} events {done}")
}

fn archived_in_words(archived: &Archived, folder: &str) -> String {
    let Archived { first, last, events, files, oldest_kept } = archived;
    let kept = oldest_kept.map_or_else(|| "nothing".to_owned(), |at| format!("position {at}"));
    format!(
        "positions {first} to {last}: {events} events in {} files in `{folder}`; the log begins with {kept}",
        files.len()
    )
}

fn restored_in_words(Restored { events, files, oldest_kept }: &Restored) -> String {
    if files.is_empty() {
        return "nothing, for all of it stands in the log".to_owned();
    }
    let kept = oldest_kept.map_or_else(|| "nothing".to_owned(), |at| format!("position {at}"));
    format!("{events} events from {} files, which stay; the log begins with {kept}", files.len())
}

/// Why it did not work, and what to do about it here.
fn failure(error: ArchiveError) -> Failure {
    match error {
        ArchiveError::StillNeeded { upto, needs } => Failure {
            causes: needs.iter().map(|need| plain(&need.to_string())).collect(),
            ..Failure::new(format!("what lies up to position {upto} cannot go yet"))
        }
        .help(
            "`perme8 handlers list`, `dead-letters list` and `jobs list` show who waits for what; \
             --as-far-as-possible archives what nobody needs",
        ),
        error @ (ArchiveError::Damaged { .. } | ArchiveError::Conflict { .. }) => {
            Failure::from(error)
                .help("`perme8 events verify` looks at every archive; put a sound copy into the folder")
        }
        error @ ArchiveError::UnknownHandler { .. } => {
            Failure::from(error).help("`perme8 handlers list` shows those that there are")
        }
        error @ ArchiveError::BeyondHead { .. } => Failure::from(error)
            .help("`perme8 events tail` shows the last events with their positions"),
        error @ ArchiveError::NothingArchived { .. } => Failure::from(error)
            .help("`perme8 events verify` lists the archives; events that were never archived stand in the log"),
        error @ ArchiveError::File { .. } => {
            Failure::from(error).help("name the folder of the archives with --folder")
        }
        error @ (ArchiveError::IsRunning { .. }
        | ArchiveError::TooFewInAFile
        | ArchiveError::Busy { .. }
        | ArchiveError::Changed { .. }
        | ArchiveError::Storage(_)) => error.into(),
    }
}

impl Report for Nothing {
    fn text(&self, paint: Paint) -> String {
        paint.good("there is nothing to archive")
    }
}

impl Report for Verified {
    fn text(&self, paint: Paint) -> String {
        let Verification { archives, problems, left_over } = &self.verification;
        let mut lines = Vec::new();
        if !archives.is_empty() {
            let rows = archives.iter().map(|archive| {
                let VerifiedArchive { file, first, last, events, in_log, problems } = archive;
                vec![
                    plain(file),
                    first.to_string(),
                    last.to_string(),
                    events.to_string(),
                    in_log.map_or_else(|| "-".to_owned(), |count| count.to_string()),
                    if problems.is_empty() { "sound".to_owned() } else { "damaged".to_owned() },
                ]
            });
            let header = ["file", "from", "to", "events", "in the log", "state"];
            lines.push(table(&header, &[1, 2, 3, 4], rows));
        }
        for VerifiedArchive { file, problems, .. } in archives {
            let told =
                problems.iter().map(|why| format!("{} {}", paint.bad(&plain(file)), plain(why)));
            lines.extend(told);
        }
        lines.extend(problems.iter().map(|why| paint.bad(&plain(why))));
        lines.extend(left_over.iter().map(|file| {
            paint.faint(&format!("{} is left over of an interrupted command", plain(file)))
        }));
        if self.verification.is_sound() {
            let count = archives.len();
            lines.push(paint.good(&format!("{count} archives are whole and join each other")));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_place_is_a_day_a_time_or_a_position() {
        let place = |text: &str| text.parse::<Place>().map(|Place(place)| place);
        let monday = DateTime::from_timestamp(1_767_571_200, 0).unwrap();
        assert_eq!(place("2026-01-05"), Ok(ArchiveBefore::Time(monday)));
        assert_eq!(place("2026-01-05T00:00:00Z"), Ok(ArchiveBefore::Time(monday)));
        assert_eq!(place("2026-01-05T01:00:00+01:00"), Ok(ArchiveBefore::Time(monday)));
        assert_eq!(place("7"), Ok(ArchiveBefore::Position(Position::new(7))));
        for wrong in ["0", "-1", "monday", "2026-13-01", ""] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_are_counted_back_from_now() {
        let now = DateTime::from_timestamp(1_767_571_200, 0).unwrap();
        let keep = |keep| Upto { before: None, keep: Some(keep) }.place(now);
        assert_eq!(keep(1), ArchiveBefore::Time(now - TimeDelta::days(1)));
        assert_eq!(keep(u32::MAX), ArchiveBefore::Time(DateTime::UNIX_EPOCH));
    }

    #[test]
    fn what_is_wrong_is_told_below_the_list() {
        let archive = |first, problems: Vec<String>| VerifiedArchive {
            file: format!("events-{first}.jsonl.gz"),
            first: Position::new(first),
            last: Position::new(first + 9),
            events: 10,
            in_log: Some(0),
            problems,
        };
        let verification = Verification {
            archives: vec![
                archive(1, Vec::new()),
                archive(11, vec!["its bytes differ".to_owned()]),
            ],
            problems: vec!["positions 21 to 30 are missing".to_owned()],
            left_over: vec!["events-31-.partial".to_owned()],
        };
        expect![[r#"
            file                 from   to   events   in the log   state
            ────────────────────────────────────────────────────────────────
            events-1.jsonl.gz       1   10       10            0   sound
            events-11.jsonl.gz     11   20       10            0   damaged
            events-11.jsonl.gz its bytes differ
            positions 21 to 30 are missing
            events-31-.partial is left over of an interrupted command"#]]
        .assert_eq(&Verified { verification }.text(Paint::PLAIN));
    }
}
