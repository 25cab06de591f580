//! New events.

use expect_test::{expect, expect_file};

use crate::shop::Shop;

#[test]
fn an_event_is_identified_and_addressed_like_its_siblings() {
    let fields = ["reason:Option<String>", "line_ids:Vec<LineId>", "weight:f64"];
    Shop::new().writes(
        &[&["new-event", "orders", "OrderLinesDropped"], &fields[..]].concat(),
        &expect_file!["../../fixtures/scaffold/expected/event.txt"],
    );
}

#[test]
fn an_event_is_in_a_file_of_its_own_where_the_others_are() {
    Shop::new().writes(
        &["new-event", "stock", "ItemSold", "order_id:OrderId", "price:u64"],
        &expect_file!["../../fixtures/scaffold/expected/event_of_its_own.txt"],
    );
}

#[test]
fn the_first_event_of_an_aggregate_says_what_identifies_it() {
    Shop::new().writes(
        &["new-event", "orders", "LineAdded", "user_id:UserId", "line_id:LineId"],
        &expect_file!["../../fixtures/scaffold/expected/first_event.txt"],
    );
}

#[test]
fn two_events_stand_beside_each_other() {
    let shop = Shop::new();
    for name in ["OrderShipped", "OrderCancelled"] {
        let (written, said) = shop.xtask(&["new-event", "orders", name]);
        assert!(written, "{said}");
    }
    shop.refuses(&["new-event", "orders", "OrderShipped"], &expect![[""]]);
}

#[test]
fn what_cannot_be_an_event_is_refused() {
    let shop = Shop::new();
    shop.refuses(&["new-event", "shop", "OrderShipped"], &expect![[""]]);
    shop.refuses(&["new-event", "orders", "order-shipped"], &expect![[""]]);
    shop.refuses(&["new-event", "orders", "OrderPlaced"], &expect![[""]]);
    shop.refuses(&["new-event", "orders", "OnOrderPlaced", "--aggregate", "order"], &expect![[""]]);
    shop.refuses(&["new-event", "orders", "Shipped"], &expect![[""]]);
    shop.refuses(&["new-event", "orders", "Shipped", "--aggregate", "parcel"], &expect![[""]]);
}

#[test]
fn what_cannot_be_a_field_is_refused() {
    let shop = Shop::new();
    let refuses = |field: &str, expected: &expect_test::Expect| {
        shop.refuses(&["new-event", "orders", "OrderShipped", field], expected);
    };
    refuses("name", &expect![[""]]);
    refuses("type:String", &expect![[""]]);
    refuses("name:&str", &expect![[""]]);
    refuses("by:Carrier", &expect![[""]]);
    refuses("order_id:UserId", &expect![[""]]);
    shop.refuses(&["new-event", "orders", "OrderShipped", "a:u8", "a:u8"], &expect![[""]]);
}
