//! Rule 3 breaks.

use expect_test::{Expect, expect};

use crate::fixture::{add, finds, renders, swap};

const DOMAIN: &str = "crates/orders/src/domain/order.rs";
const APPLICATION: &str = "crates/orders/src/application/place_order.rs";
const INFRASTRUCTURE: &str = "crates/orders/src/infrastructure/order_store.rs";
const GATEWAY: &str = "crates/orders/src/infrastructure/accounts_gateway.rs";
const FACADE: &str = "crates/orders/src/facade.rs";

fn check(file: &'static str, code: &'static str, expected: &Expect) {
    finds(&[add(file, code)], expected);
}

#[test]
fn the_domain_does_no_io() {
    renders(
        &[add(DOMAIN, "use sqlx::Row;")],
        &expect![[r#"
            error[B003]: the domain names `sqlx`
              --> crates/orders/src/domain/order.rs:26:11
               |
            26 | use sqlx::Row;
               |           ^^^
               |
               = note: the domain decides and does no I/O
               = help: move the code to a layer that may, or list `sqlx` for this crate under
                       domain_crates or application_crates in boundaries.toml if it does no I/O"#]],
    );
    renders(
        &[add(DOMAIN, "use std::fs;")],
        &expect![[r#"
            error[B003]: the domain names `std::fs`
              --> crates/orders/src/domain/order.rs:26:10
               |
            26 | use std::fs;
               |          ^^
               |
               = note: the domain decides and does no I/O
               = help: ask through a port; the infrastructure may do it"#]],
    );
    check(
        DOMAIN,
        "fn a() { std::thread::sleep(std::time::Duration::ZERO) }",
        &expect![[r#"
            B003 order.rs:26:10 the domain names `std::thread::sleep`
        "#]],
    );
    check(
        DOMAIN,
        "#[async_trait::async_trait]\ntrait A {}",
        &expect![[r#"
            B003 order.rs:26:3 the domain names `async_trait`
        "#]],
    );
    check(
        DOMAIN,
        "fn a() { tracing::debug!(\"\") }",
        &expect![[r#"
            B003 order.rs:26:10 the domain names `tracing`
        "#]],
    );
    check(
        DOMAIN,
        "use ::sqlx::query_scalar as q;",
        &expect![[r#"
            B003 order.rs:26:13 the domain names `sqlx`
            B006 order.rs:26:13 `sqlx::query_scalar` runs SQL that is not in `sql!`
        "#]],
    );
}

#[test]
fn a_layer_names_only_those_below_it() {
    renders(
        &[add(DOMAIN, "use crate::application::ports::Members;")],
        &expect![[r#"
            error[B003]: the domain names `crate::application::ports::Members`
              --> crates/orders/src/domain/order.rs:26:32
               |
            26 | use crate::application::ports::Members;
               |                                ^^^^^^^
               |
               = note: the domain decides and does no I/O
               = help: turn the arrow around: application may name the domain, not the reverse"#]],
    );
    check(
        DOMAIN,
        "use super::super::infrastructure;",
        &expect![[r#"
            B003 order.rs:26:19 the domain names `crate::infrastructure`
        "#]],
    );
    check(
        DOMAIN,
        "use crate::Orders;",
        &expect![[r#"
            B003 order.rs:26:12 the domain names `crate::facade::Orders`
        "#]],
    );
    check(
        DOMAIN,
        "use crate::*;",
        &expect![[r#"
            B003 order.rs:26:12 the domain names `crate`
        "#]],
    );
    check(
        DOMAIN,
        "use crate as root;\nfn a() { root::facade::x() }",
        &expect![[r#"
            B003 order.rs:26:5 the domain names `crate`
            B003 order.rs:27:10 the domain names `crate::facade::x`
        "#]],
    );
    check(
        DOMAIN,
        "fn a() { vec![crate::application::place_order::PlaceOrder] }",
        &expect![[r#"
            B003 order.rs:26:15 the domain names `crate::application::place_order::PlaceOrder`
        "#]],
    );
    check(
        APPLICATION,
        "use crate::infrastructure::order_store;",
        &expect![[r#"
            B003 place_order.rs:19:28 the application names `crate::infrastructure::order_store`
        "#]],
    );
    check(
        APPLICATION,
        "use orders::Orders;",
        &expect![[r#"
            B003 place_order.rs:19:13 the application names `crate::facade::Orders`
        "#]],
    );
    check(
        INFRASTRUCTURE,
        "use crate::facade::Orders;",
        &expect![[r#"
            B003 order_store.rs:22:20 the infrastructure names `crate::facade::Orders`
        "#]],
    );
    check(FACADE, "use crate::infrastructure::order_store;", &expect![[""]]);
}

#[test]
fn the_layers_of_the_core_are_held_as_well() {
    check(
        "crates/kernel/src/domain.rs",
        "use crate::sql::Db;",
        &expect![[r#"
            B003 domain.rs:16:17 the domain names `crate::infrastructure::Db`
        "#]],
    );
    check(
        "crates/kernel/src/application.rs",
        "fn a() { crate::sql!(\"\") }",
        &expect![[r#"
            B003 application.rs:29:10 the application names `crate::infrastructure::sql`
        "#]],
    );
}

#[test]
fn storage_is_for_infrastructure_and_facade() {
    check(
        DOMAIN,
        "use kernel::sql::Tx;",
        &expect![[r#"
            B003 order.rs:26:18 the domain names `kernel::sql::Tx`, which is of the group storage
        "#]],
    );
    renders(
        &[add(APPLICATION, "use kernel::{Load as _, Store};")],
        &expect![[r#"
            error[B003]: the application names `kernel::Store`, which is of the group storage
              --> crates/orders/src/application/place_order.rs:19:25
               |
            19 | use kernel::{Load as _, Store};
               |                         ^^^^^
               |
               = note: the application asks and tells through ports
               = help: the group storage is for: facade, gateway, infrastructure, lib, testing"#]],
    );
    check(
        APPLICATION,
        "fn a() { sqlx::query(\"\") }",
        &expect![[r#"
            B003 place_order.rs:19:10 the application names `sqlx`
            B006 place_order.rs:19:10 `sqlx::query` runs SQL that is not in `sql!`
        "#]],
    );
    check(INFRASTRUCTURE, "use sqlx::Row;", &expect![[""]]);
}

#[test]
fn events_of_others_are_for_the_application_and_queries_for_gateways() {
    check(
        DOMAIN,
        "use accounts::AccountOpened;",
        &expect![[r#"
            B003 order.rs:26:15 the domain names `accounts::AccountOpened`, which is of the group events
        "#]],
    );
    check(
        APPLICATION,
        "use accounts::Directory;",
        &expect![[r#"
            B003 place_order.rs:19:15 the application names `accounts::Directory`, which is of the group queries
        "#]],
    );
    renders(
        &[add(INFRASTRUCTURE, "use accounts::Directory;")],
        &expect![[r#"
            error[B003]: the infrastructure names `accounts::Directory`, which is of the group queries
              --> crates/orders/src/infrastructure/order_store.rs:22:15
               |
            22 | use accounts::Directory;
               |               ^^^^^^^^^
               |
               = note: the infrastructure implements ports on the tables of its own context
               = help: the group queries is for: facade, gateway, lib, testing"#]],
    );
    check(FACADE, "use accounts::Directory as _;", &expect![[""]]);
}

#[test]
fn some_crates_have_their_places() {
    renders(
        &[add(INFRASTRUCTURE, "use reqwest::Client;")],
        &expect![[r#"
            error[B003]: the infrastructure names `reqwest`
              --> crates/orders/src/infrastructure/order_store.rs:22:14
               |
            22 | use reqwest::Client;
               |              ^^^^^^
               |
               = note: `reqwest` may be named only in: gateway, tests
               = help: move the code there, behind a name of our own"#]],
    );
    check(GATEWAY, "use reqwest::Client;", &expect![[""]]);
    check(
        FACADE,
        "use axum::Router;",
        &expect![[r#"
            B003 facade.rs:18:11 the facade names `axum`
        "#]],
    );
    finds(
        &[
            swap(
                "crates/shop/Cargo.toml",
                "axum =",
                "database = { package = \"sqlx\", version = \"0.9\" }\naxum =",
            ),
            add("crates/shop/src/main.rs", "fn a() { database::Row::len; }"),
        ],
        &expect![[r#"
            B003 main.rs:10:10 the host names `sqlx`
        "#]],
    );
}

#[test]
fn tests_are_exempt() {
    check(
        DOMAIN,
        "#[cfg(test)]\nmod more { use crate::facade::Orders; use sqlx::Row; }",
        &expect![[""]],
    );
    check(
        DOMAIN,
        "#[cfg(any(test, unix))]\nmod more { use sqlx::Row; }",
        &expect![[r#"
            B003 order.rs:27:22 the domain names `sqlx`
        "#]],
    );
}

#[test]
fn every_file_belongs_to_a_layer() {
    renders(
        &[
            add("crates/orders/src/lib.rs", "mod helpers;"),
            add("crates/orders/src/helpers.rs", "//! Loose."),
        ],
        &expect![[r#"
            error[B003]: `helpers.rs` belongs to no layer
             --> crates/orders/src/helpers.rs:1:1
              |
            1 | //! Loose.
              | ^
              |
              = note: code outside the layers could name anything and be named by all
              = help: move it into one of the layers: application, domain, facade, gateway, infrastructure, lib, testing"#]],
    );
    finds(
        &[add("crates/orders/src/domain/hidden.rs", "//! Reached by no `mod`.\nuse sqlx::Row;")],
        &expect![[r#"
            B003 hidden.rs:2:11 the domain names `sqlx`
        "#]],
    );
}
