//! New contexts.

use expect_test::{expect, expect_file};

use crate::shop::Shop;

#[test]
fn a_context_is_a_crate_that_the_host_knows() {
    Shop::new().writes(
        &["new-context", "invoices"],
        &expect_file!["../../fixtures/scaffold/expected/context.txt"],
    );
}

#[test]
fn what_cannot_be_a_context_is_refused() {
    let shop = Shop::new();
    shop.refuses(&["new-context", "Invoices"], &expect![[""]]);
    shop.refuses(&["new-context", "paid-invoices"], &expect![[""]]);
    shop.refuses(&["new-context", "orders"], &expect![[""]]);
    shop.refuses(&["new-context", "billing"], &expect![[""]]);
    shop.refuses(&["new-context", "billing", "--aggregate", "billing"], &expect![[""]]);
    shop.refuses(&["new-context", "billing", "--aggregate", "Invoice"], &expect![[""]]);
}
