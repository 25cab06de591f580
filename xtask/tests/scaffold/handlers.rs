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
    refuses("kernel", "on-order-placed", "orders.OrderPlaced", &expect![[""]]);
    refuses("stock", "order-placed", "orders.OrderPlaced", &expect![[""]]);
    refuses("stock", "On-Order", "orders.OrderPlaced", &expect![[""]]);
    refuses("stock", "on-order", "OrderPlaced", &expect![[""]]);
    refuses("stock", "on-order", "orders.OrderLost", &expect![[""]]);
    refuses("stock", "on-order", "sales.OrderLost", &expect![[""]]);
    refuses("orders", "on-item-counted", "stock.ItemCounted", &expect![[""]]);
    refuses("orders", "on-order-placed", "orders.OrderPlaced", &expect![[""]]);
}
