//! Rule 5 breaks.

use expect_test::expect;

use crate::fixture::{add, finds, remove, renders, swap};

const EVENTS: &str = "crates/orders/src/domain/events.rs";
const SCHEMA: &str = "schemas/orders.order_placed/v1.json";

#[test]
fn an_event_has_a_schema_and_is_in_the_catalogue() {
    renders(
        &[add(EVENTS, "#[derive(kernel::DomainEvent)]\npub struct OrderPaid;")],
        &expect![[r#"
            error[B005]: the event `orders.order_paid` has no schema for version 1
              --> crates/orders/src/domain/events.rs:18:12
               |
            18 | pub struct OrderPaid;
               |            ^^^^^^^^^
               |
               = note: schemas/orders.order_paid/v1.json is what readers of stored events rely on
               = help: write it with `cargo xtask codegen` and commit it

            error[B005]: the event `orders.order_paid` is in no catalogue
              --> crates/orders/src/domain/events.rs:18:12
               |
            18 | pub struct OrderPaid;
               |            ^^^^^^^^^
               |
               = note: the host decodes, documents and checks the events of the catalogues
               = help: list `OrderPaid` in the `catalogue!` of orders

            error[B007]: nobody emits the event `orders.order_paid`
              --> crates/orders/src/domain/events.rs:18:12
               |
            18 | pub struct OrderPaid;
               |            ^^^^^^^^^
               |
               = note: a promise that something will be told, and never is
               = help: emit `OrderPaid` in a decision or a use case, or remove it

            error[B007]: nobody handles the event `orders.order_paid`, and it is no record
              --> crates/orders/src/domain/events.rs:18:12
               |
            18 | pub struct OrderPaid;
               |            ^^^^^^^^^
               |
               = note: what nobody handles is kept for the trail and for readers elsewhere, on purpose
               = help: handle it, or list `OrderPaid` under `records` of [crates.orders] in boundaries.toml"#]],
    );
    finds(
        &[remove(SCHEMA)],
        &expect![[r#"
            B005 events.rs:13:12 the event `orders.order_placed` has no schema for version 1
        "#]],
    );
    finds(
        &[swap(EVENTS, "catalogue!(pub EVENTS: OrderPlaced);", "")],
        &expect![[r#"
            B005 events.rs:13:12 the event `orders.order_placed` is in no catalogue
        "#]],
    );
}

#[test]
fn a_name_belongs_to_the_context_that_decides_the_event() {
    renders(
        &[swap(EVENTS, "aggregate = \"order\"", "name = \"accounts.order_placed\"")],
        &expect![[r#"
            error[B005]: the event type `accounts.order_placed` is not of the form `orders.<snake_case>`
              --> crates/orders/src/domain/events.rs:13:12
               |
            13 | pub struct OrderPlaced {
               |            ^^^^^^^^^^^
               |
               = note: the type says which context decides the fact, and is stored for ever
               = help: name it `orders.order_placed`"#]],
    );
    finds(
        &[swap(EVENTS, "aggregate = \"order\"", "name = \"orders.OrderPlaced\"")],
        &expect![[r#"
            B005 events.rs:13:12 the event type `orders.OrderPlaced` is not of the form `orders.<snake_case>`
        "#]],
    );
}

#[test]
fn an_event_exists_once() {
    let again = "#[cfg_attr(all(), derive(DomainEvent))]\n#[event(name = \"orders.order_placed\")]\nstruct Again;";
    renders(
        &[add(EVENTS, again), swap(EVENTS, "EVENTS: OrderPlaced", "EVENTS: OrderPlaced, Again")],
        &expect![[r#"
            error[B005]: the event `orders.order_placed` version 1 exists twice
              --> crates/orders/src/domain/events.rs:19:8
               |
            19 | struct Again;
               |        ^^^^^
               |
               = note: a stored event must mean one thing; the other is at crates/orders/src/domain/events.rs:13
               = help: give one of them another name, or a new version

            error[B007]: nobody emits the event `orders.order_placed`
              --> crates/orders/src/domain/events.rs:19:8
               |
            19 | struct Again;
               |        ^^^^^
               |
               = note: a promise that something will be told, and never is
               = help: emit `Again` in a decision or a use case, or remove it

            error[B007]: nobody handles the event `orders.order_placed`, and it is no record
              --> crates/orders/src/domain/events.rs:19:8
               |
            19 | struct Again;
               |        ^^^^^
               |
               = note: what nobody handles is kept for the trail and for readers elsewhere, on purpose
               = help: handle it, or list `Again` under `records` of [crates.orders] in boundaries.toml"#]],
    );
    let in_tests =
        "#[derive(DomainEvent)]\n#[event(name = \"accounts.account_opened\")]\nstruct A;";
    finds(
        &[add("crates/orders/tests/it/main.rs", in_tests)],
        &expect![[r#"
            B005 main.rs:13:8 the event `accounts.account_opened` version 1 exists twice
        "#]],
    );
}

#[test]
fn events_of_tests_need_no_schema() {
    let in_tests = "#[derive(DomainEvent)]\nstruct SomethingHappened;";
    finds(&[add("crates/orders/tests/it/main.rs", in_tests)], &expect![[""]]);
    finds(
        &[add(EVENTS, "#[cfg(test)]\nmod tests { #[derive(DomainEvent)] struct Happened; }")],
        &expect![[""]],
    );
}

#[test]
fn no_event_hides() {
    finds(
        &[
            add(EVENTS, "impl DomainEvent for OrderId {}"),
            add(
                EVENTS,
                "macro_rules! event { () => { #[derive(Debug, DomainEvent)] struct A; }; }",
            ),
        ],
        &expect![[r#"
            B005 events.rs:17:6 `DomainEvent` is implemented by hand
            B005 events.rs:18:38 an event is derived within a macro
        "#]],
    );
}
