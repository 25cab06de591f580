//! What the documents say.

use expect_test::expect_file;

use crate::library::Library;

#[test]
fn events_are_told_with_who_sees_emits_and_handles_them() {
    let events = Library::documented().read("docs/events.md");
    expect_file!["../../fixtures/codegen/expected/events.md"].assert_eq(&events);
}

#[test]
fn contexts_are_told_with_what_they_offer_take_and_keep() {
    let contexts = Library::documented().read("docs/contexts.md");
    expect_file!["../../fixtures/codegen/expected/contexts.md"].assert_eq(&contexts);
}

#[test]
fn what_can_be_followed_is_told_as_asyncapi() {
    let document = Library::documented().read("docs/asyncapi.json");
    expect_file!["../../fixtures/codegen/expected/asyncapi.json"].assert_eq(&document);
}
