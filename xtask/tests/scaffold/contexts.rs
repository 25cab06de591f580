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
fn two_contexts_stand_beside_each_other() {
    let shop = Shop::new();
    for name in ["invoices", "payments"] {
        let (written, said) = shop.xtask(&["new-context", name]);
        assert!(written, "{said}");
    }
    let handler = ["new-handler", "payments", "on-payment-created", "payments.PaymentCreated"];
    let (written, said) = shop.xtask(&handler);
    assert!(written, "{said}");
    expect![[r#"
        //! The host.

        /// Every event.
        const CATALOGUES: &[Catalogue] =
            &[orders::EVENTS, stock::EVENTS, invoices::EVENTS, payments::EVENTS];

        /// Every table.
        const MIGRATIONS: &[&Migrations] =
            &[&orders::MIGRATIONS, &invoices::MIGRATIONS, &payments::MIGRATIONS, &HOST];

        fn handlers(builder: Builder) -> Builder {
            builder.handler(orders::OnOrderPlaced).worker(Nobody)
        }
    "#]]
    .assert_eq(&shop.text("crates/shop/src/main.rs"));
    expect![[r#"
        [package]
        name = "payments"
        version.workspace = true
        edition.workspace = true
        rust-version.workspace = true
        license.workspace = true
        publish.workspace = true

        [lints]
        workspace = true

        [dependencies]
        async-trait.workspace = true
        chrono.workspace = true
        kernel.workspace = true
        schemars.workspace = true
        serde.workspace = true
        sqlx.workspace = true
        thiserror.workspace = true
        tracing.workspace = true

        [dev-dependencies]
        expect-test.workspace = true
        kernel = { workspace = true, features = ["testing"] }
        tokio.workspace = true
        uuid.workspace = true
    "#]]
    .assert_eq(&shop.text("crates/payments/Cargo.toml"));
}

#[test]
fn what_cannot_be_a_context_is_refused() {
    let shop = Shop::new();
    shop.refuses(&["new-context", "Invoices"], &expect![[r#"
        error: `Invoices` is no name of a context: use small letters, digits and `-` or `_`, and no word of Rust
    "#]]);
    shop.refuses(&["new-context", "paid-invoices"], &expect![[r#"
        error: `paid-invoices` is no name of a context: folder, package and import share one, `paid_invoices` for example
    "#]]);
    shop.refuses(
        &["new-context", "orders"],
        &expect![[r#"
        error: there is a crate `orders` already: choose another name
    "#]],
    );
    shop.refuses(
        &["new-context", "billing"],
        &expect![[r#"
        error: `billing` does not say what it keeps: say `--aggregate <word>`, in the singular
    "#]],
    );
    shop.refuses(&["new-context", "billing", "--aggregate", "billing"], &expect![[r#"
        error: the context and what it keeps cannot share the name `billing`: say another `--aggregate <word>`
    "#]]);
    shop.refuses(&["new-context", "billing", "--aggregate", "Invoice"], &expect![[r#"
        error: `Invoice` is no name of an aggregate: use small letters, digits and `-` or `_`, and no word of Rust
    "#]]);
}
