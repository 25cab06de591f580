//! New handlers.

use expect_test::{expect, expect_file};

use crate::shop::Shop;

#[test]
fn a_handler_of_an_own_event_is_registered_beside_the_others() {
    Shop::new().writes(
        &["new-handler", "orders", "on-order-begun", "orders.OrderPlaced"],
        &expect_file!["../../fixtures/scaffold/expected/handler.txt"],
    );
}

#[test]
fn a_handler_of_another_context_is_left_to_the_host_where_it_has_none_yet() {
    Shop::new().writes(
        &["new-handler", "stock", "on_order_total_corrected", "orders.OrderTotalCorrected"],
        &expect_file!["../../fixtures/scaffold/expected/handler_of_another.txt"],
    );
}

#[test]
fn what_cannot_be_a_handler_is_refused() {
    let shop = Shop::new();
    let refuses = |context: &str, name: &str, event: &str, expected: &expect_test::Expect| {
        shop.refuses(&["new-handler", context, name, event], expected);
    };
    refuses(
        "kernel",
        "on-order-placed",
        "orders.OrderPlaced",
        &expect![[r#"
        error: there is no context `kernel`; there are orders, stock
    "#]],
    );
    refuses(
        "stock",
        "order-placed",
        "orders.OrderPlaced",
        &expect![[r#"
        error: `order-placed` is no name of a handler: begin it with `on-`, `on-order-placed` for example
    "#]],
    );
    refuses(
        "stock",
        "On-Order",
        "orders.OrderPlaced",
        &expect![[r#"
        error: `On-Order` is no name of a handler: use small letters, digits and `-` or `_`, and no word of Rust
    "#]],
    );
    refuses(
        "stock",
        "on-order",
        "OrderPlaced",
        &expect![[r#"
        error: `OrderPlaced` is no event: write its context and its name, `<context>.OrderPlaced`
    "#]],
    );
    refuses(
        "stock",
        "on-order",
        "orders.OrderLost",
        &expect![[r#"
        error: orders has no event `OrderLost`; it has OrderPlaced, OrderTotalCorrected
    "#]],
    );
    refuses(
        "stock",
        "on-order",
        "sales.OrderLost",
        &expect![[r#"
        error: there is no context `sales`; there are orders, stock
    "#]],
    );
    refuses(
        "orders",
        "on-item-counted",
        "stock.ItemCounted",
        &expect![[r#"
        error: orders may not use the events of stock: if the architecture should allow it, declare `uses.stock = ["events"]` under [crates.orders] in boundaries.toml, and the dependency in crates/orders/Cargo.toml
    "#]],
    );
    refuses(
        "orders",
        "on-order-placed",
        "orders.OrderPlaced",
        &expect![[r#"
        error: crates/orders/src/application/on_order_placed.rs is there already: choose another name, or go on with that file
    "#]],
    );
}
