//! Rule 4 breaks.

use expect_test::expect;

use crate::fixture::{add, finds, renders, swap};

const LIB: &str = "crates/accounts/src/lib.rs";

#[test]
fn an_export_is_declared() {
    renders(
        &[add(LIB, "pub use domain::Account;")],
        &expect![[r#"
            error[B004]: `Account` is exported but not declared
              --> crates/accounts/src/lib.rs:12:17
               |
            12 | pub use domain::Account;
               |                 ^^^^^^^
               |
               = note: an export is a promise to other crates, so it is declared and seen in review
               = help: make it private, or list it under [crates.accounts.exports] in boundaries.toml
                       (`cargo xtask boundary --exports accounts` prints the real list)"#]],
    );
}

#[test]
fn a_declared_export_exists() {
    renders(
        &[swap("boundaries.toml", "\"AccountId\", \"Role\"", "\"AccountId\", \"Rank\", \"Role\"")],
        &expect![[r#"
            error[B004]: `Rank` is declared as an export of accounts but does not exist
              --> boundaries.toml:91:26
               |
            91 | language = ["AccountId", "Rank", "Role"]
               |                          ^^^^^^
               |
               = note: an export is a promise to other crates, so it is declared and seen in review
               = help: remove it from the list, or export it from lib.rs"#]],
    );
}

#[test]
fn everything_that_is_visible_is_an_export() {
    finds(
        &[
            add(
                LIB,
                "pub mod extra { pub struct M; pub(crate) struct N; }\npub struct A;\npub enum B {}\npub trait C {}\npub fn d() {}",
            ),
            add(
                LIB,
                "pub const E: u8 = 0;\npub static F: u8 = 0;\npub type G = u8;\npub union H {}",
            ),
            add(LIB, "pub use facade::*;\npub use domain::{self as model, Role as Rank};"),
            add("crates/accounts/src/domain.rs", "#[macro_export]\nmacro_rules! i { () => {}; }"),
            add(LIB, "pub(crate) struct J;\nstruct K;\n#[cfg(test)]\npub struct L;"),
        ],
        &expect![[r#"
            B004 domain.rs:25:14 `i` is exported but not declared
            B004 lib.rs:12:28 `extra::M` is exported but not declared
            B004 lib.rs:13:12 `A` is exported but not declared
            B004 lib.rs:14:10 `B` is exported but not declared
            B004 lib.rs:15:11 `C` is exported but not declared
            B004 lib.rs:16:8 `d` is exported but not declared
            B004 lib.rs:17:11 `E` is exported but not declared
            B004 lib.rs:18:12 `F` is exported but not declared
            B004 lib.rs:19:10 `G` is exported but not declared
            B004 lib.rs:20:11 `H` is exported but not declared
            B004 lib.rs:21:17 the export list contains a glob
            B004 lib.rs:22:26 `model` is exported but not declared
            B004 lib.rs:22:41 `Rank` is exported but not declared
        "#]],
    );
}

#[test]
fn a_derive_macro_is_exported_by_the_name_it_derives() {
    finds(
        &[add(LIB, "#[proc_macro_derive(Ledger, attributes(ledger))]\npub fn derive(_: ()) {}")],
        &expect![[r#"
            B004 lib.rs:12:21 `Ledger` is exported but not declared
        "#]],
    );
}

#[test]
fn fakes_are_declared_as_such() {
    finds(
        &[add(LIB, "#[cfg(feature = \"testing\")]\npub use domain::Fake;")],
        &expect![[r#"
            B004 lib.rs:13:17 `Fake` is exported but not declared
        "#]],
    );
    finds(
        &[
            swap("boundaries.toml", "testing = [\"testing\"]", ""),
            swap("boundaries.toml", "ports = [\"Ev", "ports = [\"testing\", \"Ev"),
        ],
        &expect![[r#"
            B004 lib.rs:8:9 `testing` is declared in the group ports, which does not fit its `cfg`
        "#]],
    );
}

#[test]
fn a_name_is_in_one_group() {
    finds(
        &[swap(
            "boundaries.toml",
            "queries = [\"Directory\"]",
            "queries = [\"Directory\", \"Role\"]",
        )],
        &expect![[r#"
            B003 ports.rs:3:27 the application names `accounts::Role`, which is of the group queries
            B003 order.rs:3:27 the domain names `accounts::Role`, which is of the group queries
            B004 boundaries.toml:93:25 `Role` is declared in two groups, language and queries
        "#]],
    );
}
