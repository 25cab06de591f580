//! Rule 2 breaks.

use expect_test::{Expect, expect};

use crate::fixture::{add, finds, renders, swap};

const STORE: &str = "crates/orders/src/infrastructure/order_store.rs";
const GATEWAY: &str = "crates/orders/src/infrastructure/accounts_gateway.rs";
const TESTS: &str = "crates/orders/tests/it/main.rs";

/// Adds code to a file of the context `orders`, which may use `accounts` but not its commands.
fn check(code: &'static str, expected: &Expect) {
    finds(&[add(GATEWAY, code)], expected);
}

#[test]
fn a_context_does_not_name_the_commands_of_another() {
    renders(
        &[add(GATEWAY, "use accounts::Accounts;")],
        &expect![[r#"
            error[B002]: `orders` names `accounts::Accounts`, which is of the group commands
              --> crates/orders/src/infrastructure/accounts_gateway.rs:14:15
               |
            14 | use accounts::Accounts;
               |               ^^^^^^^^
               |
               = note: the edge orders → accounts grants language, queries, events; commands means the facade, its commands and their errors, for interfaces and hosts
               = help: cause the effect by an event that the other context handles,
                       or ask through its queries in a gateway"#]],
    );
}

#[test]
fn every_way_to_write_a_path_counts() {
    check(
        "use accounts::{Role as _, OpenAccount};",
        &expect![[r#"
            B002 accounts_gateway.rs:14:27 `orders` names `accounts::OpenAccount`, which is of the group commands
        "#]],
    );
    check(
        "fn a() { accounts::Accounts::open; }",
        &expect![[r#"
            B002 accounts_gateway.rs:14:10 `orders` names `accounts::Accounts::open`, which is of the group commands
        "#]],
    );
    check(
        "fn a(_: ::accounts::Accounts) {}",
        &expect![[r#"
            B002 accounts_gateway.rs:14:11 `orders` names `accounts::Accounts`, which is of the group commands
        "#]],
    );
    check(
        "use accounts;\nfn a(_: accounts::Accounts) {}",
        &expect![[r#"
            B002 accounts_gateway.rs:15:9 `orders` names `accounts::Accounts`, which is of the group commands
        "#]],
    );
    check(
        "fn a() { use accounts::Accounts; }",
        &expect![[r#"
            B002 accounts_gateway.rs:14:24 `orders` names `accounts::Accounts`, which is of the group commands
        "#]],
    );
    check(
        "impl<T: Into<accounts::Accounts>> Trait<T> for () {}",
        &expect![[r#"
            B002 accounts_gateway.rs:14:14 `orders` names `accounts::Accounts`, which is of the group commands
        "#]],
    );
    check(
        "fn a() { matches!(x, accounts::OpenAccountError::Storage(_)); }",
        &expect![[r#"
            B002 accounts_gateway.rs:14:22 `orders` names `accounts::OpenAccountError::Storage`, which is of the group commands
        "#]],
    );
    check(
        "vec![vec![accounts::OpenAccount]];",
        &expect![[r#"
            B002 accounts_gateway.rs:14:11 `orders` names `accounts::OpenAccount`, which is of the group commands
        "#]],
    );
    check(
        "macro_rules! a { () => { accounts::OpenAccount }; }",
        &expect![[r#"
            B002 accounts_gateway.rs:14:26 `orders` names `accounts::OpenAccount`, which is of the group commands
        "#]],
    );
    check(
        "macro_rules! a { () => { use accounts::{Role, OpenAccount}; }; }",
        &expect![[r#"
            B002 accounts_gateway.rs:14:47 `orders` names `accounts::OpenAccount`, which is of the group commands
        "#]],
    );
    check(
        "#[serde(with = \"accounts::OpenAccount\")]\nstruct A;",
        &expect![[r#"
            B002 accounts_gateway.rs:14:16 `orders` names `accounts::OpenAccount`, which is of the group commands
        "#]],
    );
    check(
        "#[derive(Debug, accounts::OpenAccount)]\nstruct A;",
        &expect![[r#"
            B002 accounts_gateway.rs:14:17 `orders` names `accounts::OpenAccount`, which is of the group commands
        "#]],
    );
    check(
        "mod inner { use super::super::accounts_gateway::*; fn a(_: accounts::Accounts) {} }",
        &expect![[r#"
            B002 accounts_gateway.rs:14:60 `orders` names `accounts::Accounts`, which is of the group commands
        "#]],
    );
}

#[test]
fn a_module_counts_as_everything_within() {
    let grants = swap(
        "boundaries.toml",
        "uses.kernel = [\"all\"]\n\n[crates.orders.exports]",
        "uses.kernel = [\"language\", \"ports\", \"storage\"]\n\n[crates.orders.exports]",
    );
    let moved = swap(
        "boundaries.toml",
        "storage = [\"Store\", \"sql\", \"sql::Db\",",
        "runtime = [\"sql::Db\"]\nstorage = [\"Store\", \"sql\",",
    );
    finds(
        &[grants, moved, add(STORE, "use kernel::sql;")],
        &expect![[r#"
            B002 facade.rs:4:18 `orders` names `kernel::sql::Db`, which is of the group runtime
            B002 order_store.rs:22:13 `orders` names `kernel::sql`, which is of the group runtime
            B003 facade.rs:3:18 the facade names `kernel::sql::Db`, which is of the group runtime
        "#]],
    );
}

#[test]
fn nothing_renames() {
    renders(
        &[add(GATEWAY, "use accounts as people;\nfn a(_: people::Accounts) {}")],
        &expect![[r#"
            error[B002]: an import renames `accounts`
              --> crates/orders/src/infrastructure/accounts_gateway.rs:14:5
               |
            14 | use accounts as people;
               |     ^^^^^^^^^^^^^^^^^^
               |
               = note: one thing has one name, which both the next reader and this check can follow
               = help: use the name that its owner gave it

            error[B002]: `orders` names `accounts::Accounts`, which is of the group commands
              --> crates/orders/src/infrastructure/accounts_gateway.rs:15:9
               |
            15 | fn a(_: people::Accounts) {}
               |         ^^^^^^^^^^^^^^^^
               |
               = note: the edge orders → accounts grants language, queries, events; commands means the facade, its commands and their errors, for interfaces and hosts
               = help: cause the effect by an event that the other context handles,
                       or ask through its queries in a gateway"#]],
    );
    check(
        "use accounts::Role as Rank;",
        &expect![[r#"
            B002 accounts_gateway.rs:14:15 an import renames `accounts::Role`
        "#]],
    );
    check(
        "use accounts::{self as people};",
        &expect![[r#"
            B002 accounts_gateway.rs:14:16 an import renames `accounts`
        "#]],
    );
    check(
        "extern crate accounts as people;\nfn a(_: people::Accounts) {}",
        &expect![[r#"
            B002 accounts_gateway.rs:14:14 `extern crate` renames `accounts`
            B002 accounts_gateway.rs:15:9 `orders` names `accounts::Accounts`, which is of the group commands
        "#]],
    );
}

#[test]
fn nothing_renames_within_a_macro() {
    check(
        "macro_rules! a { () => { extern crate accounts as people; fn a(_: people::Accounts) {} }; }",
        &expect![[r#"
            B002 accounts_gateway.rs:14:39 `extern crate` renames `accounts`
            B002 accounts_gateway.rs:14:67 `orders` names `accounts::Accounts`, which is of the group commands
        "#]],
    );
    check(
        "macro_rules! a { () => { use accounts as people; }; }",
        &expect![[r#"
            B002 accounts_gateway.rs:14:30 an import renames `accounts`
        "#]],
    );
}

#[test]
fn nothing_globs() {
    check(
        "use accounts::*;",
        &expect![[r#"
            B002 accounts_gateway.rs:14:15 a glob imports everything of `accounts`
        "#]],
    );
    check(
        "use accounts::Role::*;",
        &expect![[r#"
            B002 accounts_gateway.rs:14:21 a glob imports everything of `accounts::Role`
        "#]],
    );
    check(
        "macro_rules! a { () => { use accounts::*; }; }",
        &expect![[r#"
            B002 accounts_gateway.rs:14:40 a glob imports everything of `accounts`
        "#]],
    );
}

#[test]
fn nothing_passes_on_what_belongs_to_another() {
    check(
        "pub(crate) use accounts::Directory as _;",
        &expect![[r#"
            B002 accounts_gateway.rs:14:26 a re-export passes on `accounts::Directory`
        "#]],
    );
    check(
        "pub(crate) type Everybody = accounts::Directory;",
        &expect![[r#"
            B002 accounts_gateway.rs:14:29 an alias passes on `accounts::Directory`
        "#]],
    );
    check("pub(crate) type Rank = accounts::Role;", &expect![[""]]);
    finds(
        &[add("crates/orders/src/lib.rs", "pub use accounts::Role;")],
        &expect![[r#"
            B002 lib.rs:12:19 a re-export passes on `accounts::Role`
            B004 lib.rs:12:19 `Role` is exported but not declared
        "#]],
    );
}

#[test]
fn no_module_is_where_it_does_not_belong() {
    renders(
        &[
            add(STORE, "#[path = \"../domain/order.rs\"]\nmod order;"),
            add(GATEWAY, "#[cfg_attr(unix, path = \"x.rs\")]\nmod order {}\ninclude!(\"x.rs\");"),
        ],
        &expect![[r#"
            error[B000]: this cannot be read: there is no file for the module order
              --> crates/orders/src/infrastructure/order_store.rs:23:5
               |
            23 | mod order;
               |     ^^^^^
               |
               = note: what the check cannot read, it cannot hold
               = help: make it compile first

            error[B002]: `#[path]` puts a module where nobody looks for it
              --> crates/orders/src/infrastructure/accounts_gateway.rs:14:3
               |
            14 | #[cfg_attr(unix, path = "x.rs")]
               |   ^^^^^^^^
               |
               = note: source stands where its module path says, so that layers can be told by folder
               = help: move the file to its place

            error[B002]: `include!` hides source from the check
              --> crates/orders/src/infrastructure/accounts_gateway.rs:16:1
               |
            16 | include!("x.rs");
               | ^^^^^^^
               |
               = note: source stands where its module path says, so that layers can be told by folder
               = help: make it a module, or data (`include_str!`)

            error[B002]: `#[path]` puts a module where nobody looks for it
              --> crates/orders/src/infrastructure/order_store.rs:22:3
               |
            22 | #[path = "../domain/order.rs"]
               |   ^^^^
               |
               = note: source stands where its module path says, so that layers can be told by folder
               = help: move the file to its place"#]],
    );
}

#[test]
fn test_code_may_use_fakes_and_product_code_may_not() {
    finds(
        &[add(TESTS, "use kernel::testing;\nuse accounts::Accounts;")],
        &expect![[r#"
            B002 main.rs:12:15 `orders` names `accounts::Accounts`, which is of the group commands
        "#]],
    );
    finds(
        &[add("crates/shop/src/main.rs", "use kernel::testing::FakeTx;")],
        &expect![[r#"
            B002 main.rs:10:22 `shop` names `kernel::testing::FakeTx`, which is of the group testing
        "#]],
    );
    finds(
        &[
            add("crates/shop/src/main.rs", "use kernel::testing::FakeTx;"),
            swap("boundaries.toml", "kind = \"host\"\n", "kind = \"host\"\ntables = []\n"),
            swap(
                "boundaries.toml",
                "uses.kernel = [\"all\"]\nuses.orders",
                "uses.kernel = [\"all\", \"testing\"]\nuses.orders",
            ),
        ],
        &expect![[""]],
    );
}

#[test]
fn tests_can_be_granted_more_than_the_product() {
    let more = "uses.accounts = [\"language\", \"queries\", \"events\"]\ntests_use.accounts = [\"commands\"]";
    finds(
        &[
            swap(
                "boundaries.toml",
                "uses.accounts = [\"language\", \"queries\", \"events\"]",
                more,
            ),
            add(TESTS, "use accounts::Accounts;"),
            add(
                GATEWAY,
                "#[cfg(test)]\nmod tests { use accounts::Accounts; }\nuse accounts::OpenAccount;",
            ),
        ],
        &expect![[r#"
            B002 accounts_gateway.rs:16:15 `orders` names `accounts::OpenAccount`, which is of the group commands
        "#]],
    );
}

#[test]
fn a_module_of_one_s_own_may_have_the_name_of_a_crate() {
    check(
        "mod people { pub(crate) mod accounts { pub(crate) struct Accounts; } use self::accounts::Accounts; }",
        &expect![[""]],
    );
}
