//! What the types of the event core rule out does not compile, and says why.

#[test]
fn misuse_does_not_compile() {
    let cases = trybuild::TestCases::new();
    // Has what the others lack: each of them fails for its own reason only. It also makes trybuild build instead of
    // check, which alone evaluates the constants of generic functions.
    cases.pass("tests/ui/well_done.rs");
    cases.compile_fail("tests/ui/derive.rs");
    cases.compile_fail("tests/ui/field_types.rs");
    cases.compile_fail("tests/ui/personal_types.rs");
    cases.compile_fail("tests/ui/personal_unsealed.rs");
    cases.compile_fail("tests/ui/versions.rs");
    cases.compile_fail("tests/ui/upcaster_types.rs");
    cases.compile_fail("tests/ui/event_declared_twice.rs");
    cases.compile_fail("tests/ui/event_of_another_aggregate.rs");
    cases.compile_fail("tests/ui/decision_not_saved.rs");
    cases.compile_fail("tests/ui/around_the_unit_of_work.rs");
    cases.compile_fail("tests/ui/projection_with_effects.rs");
}
