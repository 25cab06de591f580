//! New use cases.

use expect_test::{expect, expect_file};

use crate::shop::Shop;

#[test]
fn a_use_case_of_which_an_event_tells_decides_and_saves() {
    let shop = Shop::new();
    let (written, said) = shop.xtask(&["new-event", "orders", "OrderWeighed", "weight:u64"]);
    assert!(written, "{said}");
    shop.writes(
        &[
            "new-use-case",
            "orders",
            "weigh-order",
            "weight:u64",
            "is_public:bool",
            "user_id:UserId",
            "scale:String",
        ],
        &expect_file!["../../fixtures/scaffold/expected/use_case_with_event.txt"],
    );
}

#[test]
fn a_use_case_of_which_nothing_tells_yet_looks_whether_it_is_there() {
    Shop::new().writes(
        &["new-use-case", "orders", "drop-lines", "line_ids:Vec<LineId>", "--aggregate", "order"],
        &expect_file!["../../fixtures/scaffold/expected/use_case.txt"],
    );
}

#[test]
fn an_event_of_another_name_can_tell_of_it() {
    Shop::new().writes(
        &[
            "new-use-case",
            "orders",
            "reopen-order",
            "note:Option<String>",
            "--event",
            "OrderPlaced",
        ],
        &expect_file!["../../fixtures/scaffold/expected/use_case_with_another_event.txt"],
    );
}

#[test]
fn what_cannot_be_a_use_case_is_refused() {
    let shop = Shop::new();
    let refuses = |arguments: &[&str], expected: &expect_test::Expect| {
        shop.refuses(&[&["new-use-case"], arguments].concat(), expected);
    };
    refuses(
        &["shop", "weigh-order"],
        &expect![[r#"
        error: there is no context `shop`; there are orders, stock
    "#]],
    );
    refuses(
        &["stock", "weigh-item"],
        &expect![[r#"
        error: stock has no aggregate that a transaction loads: write that first
    "#]],
    );
    refuses(
        &["orders", "weigh"],
        &expect![[r#"
        error: `weigh` is no name of a use case: write a verb and a noun, `weigh-something`
    "#]],
    );
    refuses(
        &["orders", "WeighOrder"],
        &expect![[r#"
        error: `WeighOrder` is no name of a use case: use small letters, digits and `-` or `_`, and no word of Rust
    "#]],
    );
    refuses(
        &["orders", "place-order"],
        &expect![[r#"
        error: crates/orders/src/application/place_order.rs is there already: choose another name, or go on with that file
    "#]],
    );
    refuses(
        &["orders", "weigh-parcel"],
        &expect![[r#"
        error: `weigh-parcel` does not end with what it is done to: say `--aggregate <word>`; orders has order
    "#]],
    );
    refuses(
        &["orders", "weigh-parcel", "--aggregate", "parcel"],
        &expect![[r#"
        error: orders has no aggregate `parcel`; it has order
    "#]],
    );
    refuses(
        &["orders", "weigh-order", "order_id:OrderId"],
        &expect![[r#"
        error: leave `order_id` out: it is there by itself
    "#]],
    );
    refuses(
        &["orders", "weigh-order", "--event", "OrderWeighed"],
        &expect![[r#"
        error: orders has no event `OrderWeighed`; it has OrderPlaced, OrderTotalCorrected
    "#]],
    );
    refuses(
        &["orders", "weigh-order", "--event", "OrderTotalCorrected"],
        &expect![[r#"
        error: OrderTotalCorrected says `is_public: bool`, which Order does not know: let the command say it, `is_public:bool`
    "#]],
    );
}
