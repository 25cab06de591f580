//! What the command prints, and what it passes.

use std::path::Path;

use expect_test::expect;

use crate::fixture::{Fixture, add, finds, renders, run, swap};

#[test]
fn the_clean_workspace_passes() {
    renders(&[], &expect![[""]]);
    finds(&[], &expect![[""]]);
}

#[test]
fn this_workspace_keeps_its_boundaries() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (passed, output) = run(root, &[]);
    assert!(passed, "{output}");
}

#[test]
fn the_summary_counts_what_was_looked_at() {
    let (_, output) = Fixture::with(&[]).run(&[]);
    let (counts, _) = output.lines().last().unwrap().rsplit_once(", ").unwrap();
    expect!["boundary: every boundary holds (4 crates, 25 files, 93 paths, 2 events, 4 statements"]
        .assert_eq(counts);
}

#[test]
fn machines_get_one_array() {
    let broken = Fixture::with(&[add("crates/orders/src/domain/order.rs", "use sqlx::Row as _;")]);
    let (passed, output) = broken.run(&["--json"]);
    assert!(!passed);
    expect![[r#"
        [
          {
            "rule": 3,
            "code": "B003",
            "crate": "orders",
            "file": "crates/orders/src/domain/order.rs",
            "line": 26,
            "column": 11,
            "message": "the domain names `sqlx`",
            "why": "the domain decides and does no I/O",
            "help": "move the code to a layer that may, or list `sqlx` for this crate under\ndomain_crates or application_crates in boundaries.toml if it does no I/O"
          }
        ]
    "#]].assert_eq(&output);
}

#[test]
fn the_context_map_shows_contexts_and_what_they_use() {
    let fixture = Fixture::with(&[]);
    expect![[r#"
        flowchart LR
            accounts("accounts<br/>1 event")
            orders("orders<br/>1 event")
            orders -->|language, queries, events| accounts
    "#]]
    .assert_eq(&fixture.run(&["--graph"]).1);
    expect![[r#"
        {
          "contexts": [
            {
              "name": "accounts",
              "kind": "context",
              "tables": [
                "accounts_"
              ],
              "events": [
                "accounts.account_opened"
              ]
            },
            {
              "name": "orders",
              "kind": "context",
              "tables": [
                "orders_"
              ],
              "events": [
                "orders.order_placed"
              ]
            }
          ],
          "edges": [
            {
              "from": "orders",
              "to": "accounts",
              "groups": [
                "language",
                "queries",
                "events"
              ]
            }
          ]
        }
    "#]]
    .assert_eq(&fixture.run(&["--graph", "--json"]).1);
}

#[test]
fn the_export_list_of_a_crate_is_printed_as_it_is_declared() {
    let fixture = Fixture::with(&[]);
    expect![[r#"
        [crates.accounts.exports]
        commands = [
            "Accounts",
            "OpenAccount",
            "OpenAccountError",
        ]
        events = [
            "AccountOpened",
            "EVENTS",
        ]
        language = [
            "AccountId",
            "Role",
        ]
        queries = [
            "Directory",
        ]
    "#]]
    .assert_eq(&fixture.run(&["--exports", "accounts"]).1);
    expect![[r#"
        [crates.kernel.exports]
        language = [
            "DomainEvent",
            "Id",
            "catalogue",
        ]
        ports = [
            "EventHandler",
            "Load",
            "Store",
            "Subscription",
        ]
        storage = [
            "sql",
            "sql::Db",
            "sql::Tx",
            "sql::sql",
        ]
        testing = [
            "testing",
        ]
    "#]]
    .assert_eq(&fixture.run(&["--exports", "kernel"]).1);
    expect![[r#"
        error: there is no crate warehouse
    "#]]
    .assert_eq(&fixture.run(&["--exports", "warehouse"]).1);
}

#[test]
fn a_rule_explains_itself() {
    let fixture = Fixture::with(&[]);
    expect![[r#"
        B003: each layer names only what it may know

        The domain decides and does no I/O. The application asks and tells through ports. The
        infrastructure implements the ports. The facade opens and commits. Layers are modules, and the
        compiler lets every module name every other, so this check keeps them apart: `sees` lists the
        modules of its own crate that a layer may name, `crates` the external crates, `groups` the
        exports of other crates of the workspace. A crate under `only_in` may be named nowhere else. A
        macro that every layer can call (`#[macro_use]` in lib.rs) would be in all of them.

        Code that exists in tests alone, by `#[cfg(test)]` or `feature = "testing"`, is exempt from this
        rule, and from no other.
    "#]].assert_eq(&fixture.run(&["--explain", "B003"]).1);
}

#[test]
fn a_file_that_does_not_parse_is_no_gap() {
    let file = "crates/orders/src/domain/order.rs";
    renders(
        &[add(file, "fn broken( {"), add("crates/orders/src/domain.rs", "mod missing;")],
        &expect![[r#"
            error[B000]: this cannot be read: there is no file for the module missing
             --> crates/orders/src/domain.rs:5:5
              |
            5 | mod missing;
              |     ^^^^^^^
              |
              = note: what the check cannot read, it cannot hold
              = help: make it compile first

            error[B000]: this cannot be read: cannot parse string into token stream
              --> crates/orders/src/domain/order.rs:26:12
               |
            26 | fn broken( {
               |            ^
               |
               = note: what the check cannot read, it cannot hold
               = help: make it compile first"#]],
    );
}

#[test]
fn a_declaration_that_means_nothing_is_refused() {
    let typo = swap("boundaries.toml", "[\"language\", \"queries\"", "[\"langauge\", \"queries\"");
    expect![[r#"
        error: boundaries.toml: the edge orders → accounts names "langauge", which is no group
    "#]]
    .assert_eq(&Fixture::with(&[typo]).run(&[]).1);
    let refusal = |more: &'static str| Fixture::with(&[add("boundaries.toml", more)]).run(&[]).1;
    expect![[r#"
        error: boundaries.toml: orders and shop claim the same tables ("orders_", "orders_lines")
    "#]]
    .assert_eq(&refusal("\ntables = [\"orders_lines\"]"));
    expect![[r#"
        error: boundaries.toml: TOML parse error at line 115, column 1
            |
        115 | tabels = []
            | ^^^^^^
        unknown field `tabels`, expected one of `kind`, `tables`, `migrations`, `domain_crates`, `application_crates`, `records`, `uses`, `tests_use`, `exports`
    "#]].assert_eq(&refusal("\ntabels = []"));
    expect![[r#"
        error: boundaries.toml: the layer web extends pages, which is not declared
    "#]]
    .assert_eq(&refusal("\n[layers.web]\nwhy = \"\"\nextends = \"pages\""));
}
