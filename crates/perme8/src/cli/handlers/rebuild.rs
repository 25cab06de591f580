//! `perme8 handlers rebuild`.

use perme8_events::{
    host::{HandlerState, OperationError, Operations, Rebuild},
    sql::Db,
};

use super::RebuildArgs;
use crate::cli::{
    Console, Failure,
    act::{LOOK, given_up, operator, paused, stopped},
    plain,
};

/// How wide the bar is at a terminal.
const BAR: usize = 30;

pub(super) async fn run(
    operations: &Operations,
    (args, db): (&RebuildArgs, &Db),
    console: &Console,
) -> Result<(), Failure> {
    let RebuildArgs { act, wait, cancel } = args;
    let name = plain(&act.handler);
    let status = operations.status(&act.handler).await?;
    if *cancel {
        let rebuild = operations.rebuild_status(&act.handler).await?;
        let question = format!("The next generation of {name} is {}. Call it off?", far(&rebuild));
        act.sure.ask(console, &question)?;
        let cancelled = operations.cancel_rebuild(&operator(), &act.handler).await?;
        let says = format!("the rebuild of {name}; its read model stays as it is");
        return console.report(&act.done("cancelled", cancelled, says));
    }
    let question = format!("{name} has {} positions to go through. Rebuild it?", status.head);
    act.sure.ask(console, &question)?;
    let (action, rebuild) = match operations.rebuild(&operator(), &act.handler).await {
        Ok(rebuild) => ("begun", rebuild),
        Err(OperationError::Rebuilding { .. }) if *wait => {
            ("followed", operations.rebuild_status(&act.handler).await?)
        }
        Err(error) => return Err(error.into()),
    };
    let generation = rebuild.generation;
    let says = format!("generation {generation} of {name}; a running host builds it");
    console.report(&act.done(action, rebuild, says))?;
    if *wait {
        until_live(operations, &act.handler, console).await?;
        if db.read_model(&act.handler).await?.generation() < generation {
            return Err(Failure::new(format!("the rebuild of {name} was called off")));
        }
    }
    Ok(())
}

/// Shows how far a rebuild is until there is none any more.
async fn until_live(
    operations: &Operations,
    handler: &str,
    console: &Console,
) -> Result<(), Failure> {
    loop {
        match operations.rebuild_status(handler).await {
            Ok(rebuild) => {
                stands(operations, &rebuild).await?;
                console.progress(&bar(&rebuild));
            }
            Err(OperationError::NotRebuilding { .. }) => {
                console.progress_over();
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Refuses to wait for what does not come by itself.
async fn stands(operations: &Operations, rebuild: &Rebuild) -> Result<(), Failure> {
    let (builder, live) = match operations.status(&rebuild.builder).await {
        Ok(builder) => (builder, operations.status(&rebuild.handler).await?),
        // It has come to its end in between.
        Err(OperationError::UnknownHandler { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    match builder.state {
        HandlerState::Paused => Err(paused(&builder)),
        // Hosts that run take it up within a second.
        HandlerState::Stopped if live.nodes.is_empty() => Err(stopped(&builder)),
        HandlerState::Stuck if builder.lag_events == 0 => Err(given_up(builder.dead)),
        HandlerState::Stopped
        | HandlerState::Stuck
        | HandlerState::Retrying
        | HandlerState::CatchingUp
        | HandlerState::Running => Ok(()),
    }
}

/// How far it is, as a bar.
fn bar(rebuild: &Rebuild) -> String {
    let (done, all) = (rebuild.position.number(), rebuild.head.number().max(1));
    let width = i64::try_from(BAR).unwrap_or(i64::MAX);
    let filled = usize::try_from((done.clamp(0, all) * width) / all).unwrap_or(BAR);
    format!("[{}{}] {}", "#".repeat(filled), ".".repeat(BAR - filled), far(rebuild))
}

/// How far it is, in words.
fn far(rebuild: &Rebuild) -> String {
    let Rebuild { position, head, per_second, remaining_seconds, set_aside, .. } = rebuild;
    let mut words = vec![format!("at {position} of {head}"), format!("{per_second:.0} a second")];
    words.extend(remaining_seconds.map(|seconds| format!("{seconds:.0} s left")));
    words.extend((*set_aside > 0).then(|| format!("{set_aside} set aside")));
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use expect_test::{Expect, expect};
    use perme8_events::{Position, sql::Generation};

    use super::*;

    fn check(position: i64, head: i64, set_aside: i64, expected: &Expect) {
        expected.assert_eq(&bar(&Rebuild {
            handler: "tests.tally".to_owned(),
            builder: "tests.tally@next".to_owned(),
            generation: Generation::FIRST,
            version: 1,
            begun_at: DateTime::UNIX_EPOCH,
            position: Position::new(position),
            head: Position::new(head),
            per_second: 250.4,
            remaining_seconds: (position > 0).then_some(12.3),
            set_aside,
        }));
    }

    #[test]
    fn the_bar_grows_with_the_rows() {
        check(0, 0, 0, &expect!["[..............................] at 0 of 0, 250 a second"]);
        check(
            500,
            1000,
            0,
            &expect!["[###############...............] at 500 of 1000, 250 a second, 12 s left"],
        );
        check(
            1001,
            1000,
            2,
            &expect![
                "[##############################] at 1001 of 1000, 250 a second, 12 s left, 2 set aside"
            ],
        );
    }
}
