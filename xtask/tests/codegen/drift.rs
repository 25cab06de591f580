//! What differs is found, and what cannot be read is said.

use expect_test::{Expect, expect};

use crate::library::Library;

const EVENTS: &str = "docs/events.md";

/// What `--check` says, without what it says of the history that a temporary folder does not have.
fn check(library: &Library, is_clean: bool, expected: &Expect) {
    let (passed, said) = library.codegen(&["--check"]);
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with("note: ")).collect();
    expected.assert_eq(&lines.join("\n"));
    assert_eq!(passed, is_clean, "{said}");
}

#[test]
fn what_was_written_passes() {
    check(
        &Library::documented(),
        true,
        &expect![[r"
            5 events: every version can be read
            3 documents: all as the source says"]],
    );
}

#[test]
fn a_document_that_differs_is_shown_and_not_written() {
    let library = Library::documented();
    library.swap(EVENTS, "Emitted when a timer is due.\n\n", "Emitted at times.\n\n");
    let before = library.read(EVENTS);
    check(
        &library,
        false,
        &expect![[r"
        5 events: every version can be read
        docs/events.md:31 differs; it has
          Emitted at times.
        and should have
          Emitted when a timer is due.
        help: `cargo xtask codegen` writes these files; read the difference, then commit it"]],
    );
    assert_eq!(library.read(EVENTS), before);
    let (written, said) = library.codegen(&[]);
    assert!(written && said.contains("wrote docs/events.md"), "{said}");
    assert!(library.codegen(&["--check"]).0);
}

#[test]
fn a_document_that_is_not_there_is_missed() {
    let library = Library::documented();
    library.remove("docs/asyncapi.json");
    check(
        &library,
        false,
        &expect![[r"
        5 events: every version can be read
        docs/asyncapi.json is not there
        help: `cargo xtask codegen` writes these files; read the difference, then commit it"]],
    );
}

#[test]
fn whoever_changes_the_source_changes_the_documents() {
    let library = Library::documented();
    let handler = "crates/lending/src/application/on_member_left.rs";
    library.swap(handler, "to::<MemberLeft>", "to::<MemberJoined>");
    check(
        &library,
        false,
        &expect![[r#"
        5 events: every version can be read
        docs/asyncapi.json:447 differs; it has
                    "lending.shelves"
        and should have
                    "lending.on_member_left",
        docs/contexts.md:57 differs; it has
          | [`members.member_joined`](events.md#membersmember_joined) | members | `lending.shelves` |
        and should have
          | [`members.member_joined`](events.md#membersmember_joined) | members | `lending.on_member_left`, `lending.shelves` |
        docs/events.md:101 differs; it has
          | handled by | [`desk.welcome`](../crates/desk/src/main.rs), [`lending.shelves`](../crates/lending/src/facade.rs) |
        and should have
          | handled by | [`desk.welcome`](../crates/desk/src/main.rs), [`lending.on_member_left`](../crates/lending/src/application/on_member_left.rs), [`lending.shelves`](../crates/lending/src/facade.rs) |
        help: `cargo xtask codegen` writes these files; read the difference, then commit it"#]],
    );
}

#[test]
fn golden_files_are_held_as_before() {
    let library = Library::documented();
    library.remove("schemas/lending.book_lent/v1.json");
    check(
        &library,
        false,
        &expect![[r"
        error[B005]: the event `lending.book_lent` has no schema for version 1
         --> crates/lending/src/domain/events.rs:8:12
          |
        8 | pub struct BookLent {
          |            ^^^^^^^^
          |
          = note: schemas/lending.book_lent/v1.json is what readers of stored events rely on
          = help: write it with `cargo xtask codegen` and commit it"]],
    );
}

#[test]
fn what_cannot_be_read_is_never_left_out_in_silence() {
    let library = Library::new();
    library.swap("crates/desk/src/main.rs", "&[Subscription::All]", "everything()");
    let (written, said) = library.codegen(&[]);
    let last = said.lines().last().unwrap();
    expect!["error: crates/desk/src/main.rs:10: what desk.diary subscribes to cannot be read here: write `&[Subscription::to::<Event>(), …]`, or a constant of that form"].assert_eq(last);
    assert!(!written);
}

#[test]
fn the_catalogue_fits_the_source() {
    let library = Library::documented();
    library.swap("catalog.json", "lending.book_lent", "lending.book_lost");
    let (written, said) = library.codegen(&[]);
    expect!["error: the catalogue has lending.book_lost, of which the source knows nothing"]
        .assert_eq(said.lines().last().unwrap());
    assert!(!written);
}

#[test]
fn what_the_host_says_of_its_http_edge_is_kept() {
    let library = Library::documented();
    let said = library.path("said.json");
    std::fs::write(&said, r#"{"paths":{},"openapi":"3.1.0","info":{"version":"1","title":"a"}}"#)
        .unwrap();
    let openapi = ["--openapi", said.to_str().unwrap()];
    assert!(library.codegen(&openapi).0);
    expect![[r#"
        {
          "openapi": "3.1.0",
          "x-generated": "Generated by `cargo xtask codegen` from what the host says; `--check` says when it differs. Do not edit.",
          "info": {
            "title": "a",
            "version": "1"
          },
          "paths": {}
        }
    "#]]
    .assert_eq(&library.read("docs/openapi.json"));
    library.swap("said.json", "\"title\":\"a\"", "\"title\":\"b\"");
    let (passed, told) = library.codegen(&[openapi[0], openapi[1], "--check"]);
    assert!(!passed && told.contains("docs/openapi.json:5 differs"), "{told}");
}

#[test]
fn the_base_of_asyncapi_says_which_events_a_channel_carries() {
    let library = Library::documented();
    library.swap("docs/asyncapi.base.json", "of each aggregate", "of each planet");
    let (written, said) = library.codegen(&[]);
    expect![
        "error: docs/asyncapi.base.json: x-events of {context}.{aggregate_type} is not understood"
    ]
    .assert_eq(said.lines().last().unwrap());
    assert!(!written);
}
