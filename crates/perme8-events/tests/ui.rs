//! What the types of the event core rule out does not compile, and says why.

#[test]
fn misuse_does_not_compile() {
    let cases = trybuild::TestCases::new();
    // Each of them fails for its own reason only: `it/well_done.rs` has what they lack. None of them compiles, so that it is
    // enough to check; to build would take minutes. What shows only then is an example of `Unsaved::record`.
    cases.compile_fail("tests/ui/derive.rs");
    cases.compile_fail("tests/ui/field_types.rs");
    cases.compile_fail("tests/ui/personal_types.rs");
    cases.compile_fail("tests/ui/personal_unsealed.rs");
    cases.compile_fail("tests/ui/versions.rs");
    cases.compile_fail("tests/ui/upcaster_types.rs");
    cases.compile_fail("tests/ui/event_declared_twice.rs");
    cases.compile_fail("tests/ui/decision_not_saved.rs");
    cases.compile_fail("tests/ui/around_the_unit_of_work.rs");
    cases.compile_fail("tests/ui/projection_with_effects.rs");
}
