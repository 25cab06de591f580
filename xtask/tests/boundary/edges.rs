//! Rule 1 breaks.

use expect_test::expect;

use crate::fixture::{add, finds, renders, swap};

#[test]
fn a_dependency_is_declared() {
    let dependency = ("thiserror = \"2\"", "orders = { path = \"../orders\" }\nthiserror = \"2\"");
    renders(
        &[swap("crates/accounts/Cargo.toml", dependency.0, dependency.1)],
        &expect![[r#"
            error[B001]: `accounts` depends on `orders`, which is not declared
             --> crates/accounts/Cargo.toml:9:1
              |
            9 | orders = { path = "../orders" }
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = note: an edge between crates is a decision, so manifest and declaration say the same
              = help: remove the dependency, or declare uses.orders under [crates.accounts]"#]],
    );
}

#[test]
fn a_declared_edge_is_used() {
    renders(
        &[swap("boundaries.toml", "uses.orders =", "uses.accounts-archive = []\nuses.orders =")],
        &expect![[r#"
            error[B001]: the edge `shop` → `accounts-archive` is declared, but the manifest does not have it
               --> boundaries.toml:113:6
                |
            113 | uses.accounts-archive = []
                |      ^^^^^^^^^^^^^^^^
                |
                = note: an edge between crates is a decision, so manifest and declaration say the same
                = help: remove the declaration; an edge is granted when it is needed"#]],
    );
}

#[test]
fn a_build_dependency_is_a_dependency() {
    finds(
        &[add(
            "crates/kernel/Cargo.toml",
            "\n[build-dependencies]\naccounts = { path = \"../accounts\" }",
        )],
        &expect![[r#"
            B001 Cargo.toml:15:1 `kernel` depends on `accounts`, which is not declared
        "#]],
    );
}

#[test]
fn tests_have_edges_of_their_own() {
    let of_tests = "\n[dev-dependencies]\norders = { path = \"../orders\" }";
    finds(
        &[add("crates/accounts/Cargo.toml", of_tests)],
        &expect![[r#"
            B001 Cargo.toml:12:1 the tests of `accounts` depend on `orders`, which is not declared
        "#]],
    );
    let declared =
        "kind = \"context\"\ntests_use.orders = [\"language\"]\ntables = [\"accounts_\"]";
    let from = "kind = \"context\"\ntables = [\"accounts_\"]";
    finds(
        &[add("crates/accounts/Cargo.toml", of_tests), swap("boundaries.toml", from, declared)],
        &expect![[""]],
    );
    finds(
        &[swap("boundaries.toml", from, declared)],
        &expect![[r#"
            B001 boundaries.toml:87:11 the edge of tests `accounts` → `orders` is declared, but the manifest does not have it
        "#]],
    );
}

#[test]
fn a_dependency_keeps_its_name() {
    let renamed = "people = { package = \"accounts\", path = \"../accounts\" }";
    renders(
        &[swap("crates/shop/Cargo.toml", "accounts = { path = \"../accounts\" }", renamed)],
        &expect![[r#"
            error[B001]: `shop` renames its dependency `accounts` to `people`
             --> crates/shop/Cargo.toml:7:1
              |
            7 | people = { package = "accounts", path = "../accounts" }
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = note: an edge between crates is a decision, so manifest and declaration say the same
              = help: depend on it as `accounts.workspace = true`"#]],
    );
}

#[test]
fn every_crate_is_declared_and_every_declared_crate_exists() {
    let manifest = "[package]\nname = \"baskets\"\nversion = \"0.0.0\"";
    finds(
        &[
            add("crates/baskets/Cargo.toml", manifest),
            add("crates/baskets/src/lib.rs", "//! Undeclared."),
            add("boundaries.toml", "\n[crates.invoices]\nkind = \"context\""),
        ],
        &expect![[r#"
            B001 boundaries.toml:115:9 the crate `invoices` is declared but does not exist
            B001 Cargo.toml:1:1 the crate `baskets` is not declared
        "#]],
    );
}
