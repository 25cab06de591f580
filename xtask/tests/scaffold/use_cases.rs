//! New use cases.

use expect_test::{expect, expect_file};

use crate::shop::Shop;

#[test]
fn a_use_case_of_which_an_event_tells_decides_and_saves() {
    let shop = Shop::new();
    let (written, said) = shop.xtask(&["new-event", "orders", "OrderWeighed", "weight:u64"]);
    assert!(written, "{said}");
    shop.writes(
        &["new-use-case", "orders", "weigh-order", "weight:u64", "scale:String"],
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
    refuses(&["shop", "weigh-order"], &expect![[""]]);
    refuses(&["stock", "weigh-item"], &expect![[""]]);
    refuses(&["orders", "weigh"], &expect![[""]]);
    refuses(&["orders", "WeighOrder"], &expect![[""]]);
    refuses(&["orders", "place-order"], &expect![[""]]);
    refuses(&["orders", "weigh-parcel"], &expect![[""]]);
    refuses(&["orders", "weigh-parcel", "--aggregate", "parcel"], &expect![[""]]);
    refuses(&["orders", "weigh-order", "order_id:OrderId"], &expect![[""]]);
    refuses(&["orders", "weigh-order", "--event", "OrderWeighed"], &expect![[""]]);
    refuses(&["orders", "weigh-order", "--event", "OrderTotalCorrected"], &expect![[""]]);
}
