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
    shop.refuses(
        &["new-event", "orders", "OrderShipped"],
        &expect![[r#"
        error: orders has an event `OrderShipped` already: choose another name, or raise its version
    "#]],
    );
}

#[test]
fn what_cannot_be_an_event_is_refused() {
    let shop = Shop::new();
    shop.refuses(
        &["new-event", "shop", "OrderShipped"],
        &expect![[r#"
        error: there is no context `shop`; there are orders, stock
    "#]],
    );
    shop.refuses(
        &["new-event", "orders", "order-shipped"],
        &expect![[r#"
        error: `order-shipped` is no name of an event: write it like `OrderShipped`
    "#]],
    );
    shop.refuses(
        &["new-event", "orders", "OrderPlaced"],
        &expect![[r#"
        error: orders has an event `OrderPlaced` already: choose another name, or raise its version
    "#]],
    );
    shop.refuses(
        &["new-event", "orders", "OnOrderPlaced", "--aggregate", "order"],
        &expect![[r#"
        error: orders exports `OnOrderPlaced` already: choose another name
    "#]],
    );
    shop.refuses(&["new-event", "orders", "Shipped"], &expect![[r#"
        error: `Shipped` does not begin with what it happens to: say `--aggregate <word>`; events of orders happen to: order
    "#]]);
    shop.refuses(&["new-event", "orders", "Shipped", "--aggregate", "parcel"], &expect![[r#"
        error: no event of this context happens to a parcel yet, so this one has to say which: add `parcel_id:ParcelId`
    "#]]);
}

#[test]
fn what_cannot_be_a_field_is_refused() {
    let shop = Shop::new();
    let refuses = |field: &str, expected: &expect_test::Expect| {
        shop.refuses(&["new-event", "orders", "OrderShipped", field], expected);
    };
    refuses(
        "name",
        &expect![[r#"
        error: `name` is no field: write `name:Type`, `name:String` for example
    "#]],
    );
    refuses(
        "type:String",
        &expect![[r#"
        error: `type` is no name of a field: use small letters, digits and `-` or `_`, and no word of Rust
    "#]],
    );
    refuses(
        "name:&str",
        &expect![[r#"
        error: `&str` is no type for a field: write the names of types, `Option<ProjectId>` for example
    "#]],
    );
    refuses(
        "by:Carrier",
        &expect![[r#"
        error: the domain of orders knows no type `Carrier`: declare and export it first, or grant the edge to it in boundaries.toml
    "#]],
    );
    refuses(
        "order_id:UserId",
        &expect![[r#"
        error: `order_id` is of the type `OrderId` in OrderTotalCorrected: leave it out, it is there by itself
    "#]],
    );
    shop.refuses(
        &["new-event", "orders", "OrderShipped", "a:u8", "a:u8"],
        &expect![[r#"
        error: the field `a` is there twice
    "#]],
    );
}
