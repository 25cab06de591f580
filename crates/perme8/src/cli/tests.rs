//! What the command line understands.

use clap::CommandFactory as _;
use expect_test::{Expect, expect};

use super::*;

fn parsed(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn without_a_command_it_serves() {
    assert!(parsed("perme8").unwrap().command.is_none());
    let cli = parsed("perme8 --database sqlite:./x.db --json").unwrap();
    assert!(cli.command.is_none() && cli.global.json);
    assert_eq!(cli.global.flags().settings["database"], "sqlite:./x.db");
}

#[test]
fn settings_of_serve_are_flags_too() {
    let cli = parsed("perme8 serve --listen [::1]:80 --node left --secure-cookies --connections 9")
        .unwrap();
    let mut flags = cli.global.flags();
    let Some(Command::Serve(args)) = cli.command else { panic!("it is serve") };
    args.add_to(&mut flags);
    let settings: Vec<_> =
        flags.settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(settings, ["connections=9", "listen=[::1]:80", "node=left", "secure_cookies=true"]);
}

#[test]
fn every_command_takes_json_and_a_database() {
    for line in [
        "serve",
        "migrate",
        "demo --fast",
        "config",
        "events tail --follow --topic events:workspace:00000000-0000-0000-0000-000000000001 --after 7 --limit 3",
        "events show 7",
        "events show 00000000-0000-0000-0000-000000000001",
        "events trace 00000000-0000-0000-0000-000000000001",
        "events catalog --schemas",
        "events archive --before 2026-01-05 --folder ./old --events-in-a-file 7 --as-far-as-possible --despite a.b --yes",
        "events archive --before 7",
        "events archive --keep 365",
        "events restore --from 1 --to 7 --folder ./old --yes",
        "events verify --folder ./old --offline",
        "events forget ada@example.com --yes",
        "api openapi",
        "handlers list",
        "handlers pause notifications.on_invitation --yes",
        "handlers resume notifications.on_invitation --yes",
        "handlers rewind notifications.on_invitation --to-position -1 --with-effects --wait --yes",
        "handlers rewind notifications.on_invitation --to-time 2026-01-05T09:00:00Z",
        "handlers replay notifications.on_invitation workspace_member 1:2 --with-effects --wait",
        "dead-letters list --handler notifications.on_invitation",
        "dead-letters show notifications.on_invitation 7",
        "dead-letters retry notifications.on_invitation 7 --yes",
        "dead-letters retry notifications.on_invitation --all",
        "dead-letters edit notifications.on_invitation 7 --data {} --yes",
        "dead-letters edit notifications.on_invitation 7 --file data.json",
        "dead-letters discard notifications.on_invitation 7 --with-waiting",
        "queues list",
        "queues pause mail.outgoing --yes",
        "queues resume mail.outgoing --yes",
        "jobs list --queue mail.outgoing --state dead --limit 3",
        "jobs show 00000000-0000-0000-0000-000000000001",
        "jobs retry 00000000-0000-0000-0000-000000000001 --yes",
        "jobs retry --all mail.outgoing",
        "jobs cancel 00000000-0000-0000-0000-000000000001",
        "jobs discard 00000000-0000-0000-0000-000000000001",
        "schedules list",
        "schedules pause identity.purge --yes",
        "schedules resume identity.purge",
        "timers list --limit 3",
        "processes list --stuck",
        "users create ada@example.com --first-name Ada --last-name Okafor --confirmed --password-stdin",
        "users confirmation-token ada@example.com",
    ] {
        let cli = parsed(&format!("perme8 {line} --json --database sqlite:./x.db")).unwrap();
        assert!(cli.global.json && cli.global.database.is_some(), "{line}");
    }
}

fn check_refusal(line: &str, expect: &Expect) {
    expect.assert_eq(&parsed(line).unwrap_err().render().to_string());
}

#[test]
fn what_is_misused_says_how_it_is_meant() {
    check_refusal(
        "perme8 events show 0",
        &expect![[r#"
        error: invalid value '0' for '<EVENT>': positions begin with 1

        For more information, try '--help'.
    "#]],
    );
    check_refusal(
        "perme8 events tail --topic identity",
        &expect![[r#"
        error: invalid value 'identity' for '--topic <TOPIC>': `identity` is not a topic: expected events:*, events:<context>[:<aggregate_type>[:<aggregate_id>]], events:workspace:<id> or events:user:<id>

        For more information, try '--help'.
    "#]],
    );
    check_refusal(
        "perme8 evnts tail",
        &expect![[r#"
        error: unrecognized subcommand 'evnts'

          tip: a similar subcommand exists: 'events'

        Usage: perme8 [OPTIONS] [COMMAND]

        For more information, try '--help'.
    "#]],
    );
    check_refusal(
        "perme8 users create ada@example.com --password secret",
        &expect![[r#"
        error: unexpected argument '--password' found

          tip: a similar argument exists: '--password-stdin'

        Usage: perme8 users create --first-name <NAME> --last-name <NAME> --password-stdin <EMAIL>

        For more information, try '--help'.
    "#]],
    );
}
