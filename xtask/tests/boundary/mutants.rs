//! Every kind of violation is planted, and found; and a check that is blind to a rule is found out.

use std::path::Path;

use serde_json::Value;

use crate::fixture::{Fixture, add, run};

/// What was planted in a workspace, and whether the check did with each what it must.
fn planted(output: &str) -> Vec<Value> {
    serde_json::from_str(output).unwrap_or_else(|error| panic!("{error}: {output}"))
}

fn is(mutant: &Value, key: &str) -> bool {
    mutant[key].as_bool().unwrap_or_else(|| panic!("{key} is neither true nor false: {mutant}"))
}

#[test]
fn every_mutant_of_this_workspace_is_found_and_every_control_left_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (passed, output) = run(root, &["--mutants"]);
    assert!(passed, "{output}");
}

/// How many mutants of a rule a check that is blind to it does not find, of how many.
fn missed_without(rule: &str) -> (usize, usize) {
    let workspace = Fixture::with(&[]);
    workspace.commit();
    let (passed, output) =
        workspace.run(&["--mutants", "--only", rule, "--without", rule, "--json"]);
    assert!(!passed, "{rule}: {output}");
    let mutants = planted(&output);
    let mutants: Vec<&Value> = mutants.iter().filter(|mutant| !is(mutant, "is_harmless")).collect();
    (mutants.iter().filter(|mutant| !is(mutant, "is_right")).count(), mutants.len())
}

#[test]
fn a_check_that_is_blind_to_a_rule_is_found_out() {
    for rule in ["B001", "B002", "B003", "B004", "B005", "B006", "B007"] {
        let (missed, all) = missed_without(rule);
        // What is hidden from a rule may still be forbidden for that alone.
        assert!(missed * 2 > all, "{rule}: {missed} of {all}");
    }
}

#[test]
fn mutants_are_planted_only_where_every_boundary_holds() {
    let broken = Fixture::with(&[add("crates/orders/src/domain/order.rs", "use sqlx::Row as _;")]);
    let (passed, output) = broken.run(&["--mutants"]);
    assert!(!passed);
    assert!(output.contains("mutants are planted where every boundary holds"), "{output}");
}
