//! Rule 5 looks back: every version can be read, and what is published stays. `cargo xtask events` adds what the host knows.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::fixture::{Change, Fixture, add, finds, remove, renders, swap};

const EVENTS: &str = "crates/orders/src/domain/events.rs";
const SCHEMA: &str = "schemas/orders.order_placed/v1.json";
const EXAMPLE: &str = "schemas/orders.order_placed/v1.example.json";
const SECOND: &str = "schemas/orders.order_placed/v2.json";
const SECOND_EXAMPLE: &str = "schemas/orders.order_placed/v2.example.json";

const SAID: &str = "#[event(aggregate = \"order\")]";
const SAID_OF_SECOND: &str = "#[event(aggregate = \"order\", version = 2, upcast(v1 = first))]";

#[test]
fn every_version_has_a_schema_an_example_and_a_way_to_the_next() {
    let golden = [add(SECOND, "{}"), add(SECOND_EXAMPLE, "{}")];
    let [schema, example] = golden;
    finds(&[swap(EVENTS, SAID, SAID_OF_SECOND), schema, example], &expect![[""]]);
    renders(
        &[
            swap(EVENTS, SAID, "#[event(aggregate = \"order\", version = 2)]"),
            add(SECOND, "{}"),
            add(SECOND_EXAMPLE, "{}"),
        ],
        &expect![[r#"
            error[B005]: the event `orders.order_placed` does not upcast version 1
              --> crates/orders/src/domain/events.rs:13:12
               |
            13 | pub struct OrderPlaced {
               |            ^^^^^^^^^^^
               |
               = note: events of that version are stored, and nobody could read them
               = help: say `upcast(v1 = …)`: a function from its data to those of version 2"#]],
    );
    finds(
        &[swap(EVENTS, SAID, SAID_OF_SECOND)],
        &expect![[r#"
        B005 events.rs:13:12 the event `orders.order_placed` has no schema for version 2
    "#]],
    );
    finds(
        &[swap(EVENTS, SAID, SAID_OF_SECOND), add(SECOND, "{}")],
        &expect![[r#"
        B005 events.rs:13:12 the event `orders.order_placed` has no example for version 2
    "#]],
    );
    renders(
        &[
            swap(EVENTS, SAID, SAID_OF_SECOND),
            add(SECOND, "{}"),
            add(SECOND_EXAMPLE, "{}"),
            remove(SCHEMA),
        ],
        &expect![[r#"
            error[B005]: the event `orders.order_placed` has no schema for version 1
              --> crates/orders/src/domain/events.rs:13:12
               |
            13 | pub struct OrderPlaced {
               |            ^^^^^^^^^^^
               |
               = note: schemas/orders.order_placed/v1.json is what readers of stored events rely on
               = help: it was written when that version was current: `git log --all -- schemas/orders.order_placed/v1.json` finds it"#]],
    );
    finds(
        &[remove(EXAMPLE)],
        &expect![[r#"
        B005 events.rs:13:12 the event `orders.order_placed` has no example for version 1
    "#]],
    );
}

#[test]
fn the_version_of_an_event_never_falls() {
    renders(
        &[add(SECOND, "{}"), add(SECOND_EXAMPLE, "{}")],
        &expect![[r#"
        error[B005]: the event `orders.order_placed` has version 1, which is not its last
          --> crates/orders/src/domain/events.rs:13:12
           |
        13 | pub struct OrderPlaced {
           |            ^^^^^^^^^^^
           |
           = note: schemas/orders.order_placed/v2.json says that a later one was published
           = help: raise the version again, or remove the file if it never was on the main line"#]],
    );
}

/// Publishes the clean workspace and then changes it.
fn check_after_publication(changes: &[Change], expected: &Expect) {
    let fixture = Fixture::with(&[]);
    fixture.commit();
    fixture.apply(changes);
    expected.assert_eq(&errors(&fixture));
}

/// What is wrong with a workspace that has a history.
fn errors(fixture: &Fixture) -> String {
    let (passed, output) = fixture.run(&[]);
    let mut lines: Vec<&str> = output.lines().collect();
    lines.pop();
    assert_eq!(passed, lines.is_empty());
    lines.join("\n").replace(&fixture.head(), "<base>")
}

#[test]
fn a_published_schema_may_grow() {
    let more = ("\"order_id\": {", "\"note\": { \"type\": \"string\" }, \"order_id\": {");
    check_after_publication(&[swap(SCHEMA, more.0, more.1)], &expect![[""]]);
}

#[test]
fn a_published_schema_keeps_what_it_promised() {
    check_after_publication(
        &[swap(SCHEMA, "\"string\"", "\"integer\"")],
        &expect![[r#"
            error[B005]: the published schema changes the type of `order_id`
             --> schemas/orders.order_placed/v1.json:1:1
              |
            1 | {
              | ^
              |
              = note: events that are stored already, and their readers, keep this form
              = help: restore it (`git restore -s <base> schemas/orders.order_placed/v1.json`) and publish a new version of the event"#]],
    );
    check_after_publication(
        &[swap(SCHEMA, "\"order_id\": {", "\"id\": {")],
        &expect![[r#"
            error[B005]: the published schema loses `order_id`
             --> schemas/orders.order_placed/v1.json:1:1
              |
            1 | {
              | ^
              |
              = note: events that are stored already, and their readers, keep this form
              = help: restore it (`git restore -s <base> schemas/orders.order_placed/v1.json`) and publish a new version of the event"#]],
    );
    check_after_publication(
        &[swap(SCHEMA, "[\"order_id\"]", "[\"order_id\", \"placed_at\"]")],
        &expect![[r#"
            error[B005]: the published schema demands `placed_at`, which was not required
             --> schemas/orders.order_placed/v1.json:1:1
              |
            1 | {
              | ^
              |
              = note: events that are stored already, and their readers, keep this form
              = help: restore it (`git restore -s <base> schemas/orders.order_placed/v1.json`) and publish a new version of the event"#]],
    );
    check_after_publication(
        &[remove(SCHEMA)],
        &expect![[r#"
            error[B005]: the event `orders.order_placed` has no schema for version 1
              --> crates/orders/src/domain/events.rs:13:12
               |
            13 | pub struct OrderPlaced {
               |            ^^^^^^^^^^^
               |
               = note: schemas/orders.order_placed/v1.json is what readers of stored events rely on
               = help: write it with `cargo xtask codegen` and commit it

            error[B005]: the published schema is gone
             --> schemas/orders.order_placed/v1.json:1:1
              |
              = note: events that are stored already, and their readers, keep this form
              = help: restore it (`git restore -s <base> schemas/orders.order_placed/v1.json`) and publish a new version of the event"#]],
    );
}

#[test]
fn a_published_example_stays_as_it_is() {
    check_after_publication(
        &[swap(EXAMPLE, "0001", "0002")],
        &expect![[r#"
        error[B005]: the published example changes
         --> schemas/orders.order_placed/v1.example.json:1:1
          |
        1 | {
          | ^
          |
          = note: events that are stored already, and their readers, keep this form
          = help: restore it (`git restore -s <base> schemas/orders.order_placed/v1.example.json`): it stands for data that are stored"#]],
    );
    check_after_publication(&[swap(EXAMPLE, "{", "{ ")], &expect![[""]]);
    check_after_publication(
        &[remove(EXAMPLE)],
        &expect![[r#"
        error[B005]: the event `orders.order_placed` has no example for version 1
          --> crates/orders/src/domain/events.rs:13:12
           |
        13 | pub struct OrderPlaced {
           |            ^^^^^^^^^^^
           |
           = note: schemas/orders.order_placed/v1.example.json stands for data that are stored, and is read by a test
           = help: write it with `cargo xtask codegen` and commit it

        error[B005]: the published example is gone
         --> schemas/orders.order_placed/v1.example.json:1:1
          |
          = note: events that are stored already, and their readers, keep this form
          = help: restore it (`git restore -s <base> schemas/orders.order_placed/v1.example.json`): it stands for data that are stored"#]],
    );
}

#[test]
fn a_released_schema_changes_in_its_wording_only() {
    let check = |changes: &[Change], expected: &Expect| {
        let fixture = Fixture::with(&[]);
        fixture.commit();
        fixture.release();
        fixture.apply(changes);
        expected.assert_eq(&errors(&fixture));
    };
    let better = "\"order_id\": { \"description\": \"Which.\",";
    check(&[swap(SCHEMA, "\"order_id\": {", better)], &expect![[""]]);
    let more = "\"note\": { \"type\": \"string\" }, \"order_id\": {";
    check(
        &[swap(SCHEMA, "\"order_id\": {", more)],
        &expect![[r#"
        error[B005]: the published schema changes after its release
         --> schemas/orders.order_placed/v1.json:1:1
          |
        1 | {
          | ^
          |
          = note: events that are stored already, and their readers, keep this form
          = help: restore it (`git restore -s v1.0.0 schemas/orders.order_placed/v1.json`) and publish a new version of the event"#]],
    );
}

/// What the host of the clean workspace knows.
fn catalog() -> Value {
    let entry = |event_type: &str, id: &str| {
        json!({
            "event_type": event_type,
            "version": 1,
            "schema": {
                "type": "object",
                "properties": { id: { "type": "string", "format": "uuid" }, "note": { "type": "string" } },
                "required": [id]
            }
        })
    };
    json!([
        entry("accounts.account_opened", "account_id"),
        entry("orders.order_placed", "order_id")
    ])
}

/// Writes the golden files, and then changes what the code says of the second event.
fn check_against_code(change: impl FnOnce(&mut Value), expected: &Expect) {
    let fixture = Fixture::with(&[]);
    let mut catalog = catalog();
    assert!(fixture.events("write", &catalog).0);
    change(&mut catalog[1]["schema"]);
    let (passed, output) = fixture.events("check", &catalog);
    let said: Vec<&str> = output.lines().filter(|line| !line.starts_with("note: ")).collect();
    expected.assert_eq(&said.join("\n"));
    assert!(!passed);
}

#[test]
fn the_code_says_what_the_golden_files_say() {
    let fixture = Fixture::with(&[remove(EXAMPLE)]);
    let (passed, output) = fixture.events("write", &catalog());
    assert!(passed, "{output}");
    let (passed, output) = fixture.events("check", &catalog());
    assert!(passed && output.contains("2 events: every version can be read"), "{output}");
    expect![[r#"
        {
          "note": "text",
          "order_id": "01980000-0000-7000-8000-000000000001"
        }
    "#]]
    .assert_eq(&fixture.read(EXAMPLE));
}

#[test]
fn the_code_breaks_no_promise_of_a_golden_file() {
    check_against_code(
        |schema| drop(schema["properties"].as_object_mut().unwrap().remove("note")),
        &expect![[r#"
            schemas/orders.order_placed/v1.json: the code loses `note`
            help: what is stored has the form of these files: give the event its next version, and `upcast(…)` brings the data of this one there (CONTRIBUTING.md has the recipe)"#]],
    );
    check_against_code(
        |schema| schema["properties"]["note"]["type"] = json!("integer"),
        &expect![[r#"
            schemas/orders.order_placed/v1.json: the code changes the type of `note`
            help: what is stored has the form of these files: give the event its next version, and `upcast(…)` brings the data of this one there (CONTRIBUTING.md has the recipe)"#]],
    );
    check_against_code(
        |schema| schema["required"] = json!(["order_id", "note"]),
        &expect![[r#"
        schemas/orders.order_placed/v1.json: the code demands `note`, which was not required
        help: what is stored has the form of these files: give the event its next version, and `upcast(…)` brings the data of this one there (CONTRIBUTING.md has the recipe)"#]],
    );
    check_against_code(
        |schema| schema["properties"]["more"] = json!({}),
        &expect![[r#"
        schemas/orders.order_placed/v1.json is not what the code says
        help: `cargo xtask events write` writes these files"#]],
    );
}

#[test]
fn rule_5_comes_before_the_catalogue() {
    let fixture = Fixture::with(&[remove(SCHEMA)]);
    let (passed, output) = fixture.events("check", &json!("no catalogue"));
    assert!(!passed && output.contains("has no schema for version 1"), "{output}");
}
