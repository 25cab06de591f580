//! Rule 6 breaks.

use expect_test::{Expect, expect};

use crate::fixture::{add, finds, renders, swap};

const STORE: &str = "crates/orders/src/infrastructure/order_store.rs";
const CORE: &str = "crates/kernel/src/infrastructure.rs";

fn check(code: &'static str, expected: &Expect) {
    finds(&[add(STORE, code)], expected);
}

#[test]
fn a_context_reads_and_writes_its_own_tables() {
    renders(
        &[add(
            STORE,
            "fn a() {\n    sql!(\n        \"SELECT id\n           FROM orders_orders JOIN accounts_accounts USING (id)\"\n    );\n}",
        )],
        &expect![[r#"
            error[B006]: SQL of orders names `accounts_accounts`, which belongs to accounts
              --> crates/orders/src/infrastructure/order_store.rs:25:36
               |
            25 |            FROM orders_orders JOIN accounts_accounts USING (id)"
               |                                    ^^^^^^^^^^^^^^^^^
               |
               = note: a context owns its tables: it alone reads and writes them
               = help: ask the queries of accounts through a gateway, or keep a copy from its events"#]],
    );
    check(
        "fn a() { sql!(r#\"SELECT 1 FROM \"Accounts_Accounts\"\"#); }",
        &expect![[r#"
            B006 order_store.rs:22:33 SQL of orders names `accounts_accounts`, which belongs to accounts
        "#]],
    );
    check(
        "fn a() { sql!(\"DELETE FROM orders_orders WHERE id IN (SELECT id FROM accounts_x)\"); }",
        &expect![[r#"
            B006 order_store.rs:22:70 SQL of orders names `accounts_x`, which belongs to accounts
        "#]],
    );
    check(
        "fn a() { sql!(\"WITH accounts_x AS (SELECT 1) SELECT * FROM accounts_x\"); }",
        &expect![[r#"
            B006 order_store.rs:22:21 SQL of orders names `accounts_x`, which belongs to accounts
        "#]],
    );
}

#[test]
fn what_sqlite_calls_an_index_is_of_its_table() {
    check(
        "fn a() { sql!(\"SELECT 1 FROM orders_orders INDEXED BY sqlite_autoindex_orders_orders_1\"); }",
        &expect![[""]],
    );
    check(
        "fn a() { sql!(\"SELECT 1 FROM orders_orders INDEXED BY sqlite_autoindex_accounts_x_1\"); }",
        &expect![[r#"
            B006 order_store.rs:22:55 SQL of orders names `accounts_x`, which belongs to accounts
        "#]],
    );
}

#[test]
fn every_table_has_an_owner() {
    renders(
        &[add(STORE, "fn a() { sql!(\"SELECT 1 FROM baskets\"); }")],
        &expect![[r#"
            error[B006]: SQL of orders names the table `baskets`, which belongs to nobody
              --> crates/orders/src/infrastructure/order_store.rs:22:30
               |
            22 | fn a() { sql!("SELECT 1 FROM baskets"); }
               |                              ^^^^^^^
               |
               = note: the prefix of a table says who owns it
               = help: begin its name with orders_"#]],
    );
    finds(
        &[
            add(
                "crates/orders/tests/it/main.rs",
                "fn a() { sql!(\"SELECT 1 FROM probe, accounts_accounts\"); }",
            ),
            add("crates/shop/src/main.rs", "fn a() { kernel::sql!(\"SELECT 1 FROM carts\"); }"),
        ],
        &expect![[r#"
            B006 main.rs:11:37 SQL of orders names `accounts_accounts`, which belongs to accounts
            B006 main.rs:10:38 SQL of shop names the table `carts`, which belongs to nobody
        "#]],
    );
}

#[test]
fn every_text_of_a_statement_is_read() {
    check(
        "fn a() { kernel::sql!(sqlite: \"SELECT 1 FROM orders_a\", postgres: \"SELECT 1 FROM event_log\"); }",
        &expect![[r#"
            B006 order_store.rs:22:82 SQL of orders names `event_log`, which belongs to kernel
        "#]],
    );
    check(
        "fn a() { vec![sql!(\"SELECT 1 FROM event_log\")]; }",
        &expect![[r#"
            B006 order_store.rs:22:35 SQL of orders names `event_log`, which belongs to kernel
        "#]],
    );
    check(
        "macro_rules! a { () => { sql!(\"SELECT 1 FROM event_log\") }; }",
        &expect![[r#"
            B006 order_store.rs:22:46 SQL of orders names `event_log`, which belongs to kernel
        "#]],
    );
}

#[test]
fn a_statement_may_be_composed_but_not_hidden() {
    check(
        "macro_rules! rows { ($more:literal) => { concat!(\"SELECT id, event_id FROM accounts_x \", $more) }; }
         fn a() { sql!(rows!(\"WHERE event_id = $1\")); }",
        &expect![[r#"
            B006 order_store.rs:23:19 SQL of orders names `accounts_x`, which belongs to accounts
        "#]],
    );
    renders(
        &[add(STORE, "const TEXT: &str = \"SELECT 1 FROM accounts_x\";\nfn a() { sql!(TEXT); }")],
        &expect![[r#"
            error[B006]: the text of this `sql!` cannot be read here
              --> crates/orders/src/infrastructure/order_store.rs:23:10
               |
            23 | fn a() { sql!(TEXT); }
               |          ^^^
               |
               = note: what the check cannot read, it cannot hold
               = help: write the text itself, or a macro of this crate that joins literals by `concat!`"#]],
    );
    check(
        "macro_rules! a { ($text:expr) => { sql!($text) }; }",
        &expect![[r#"
            B006 order_store.rs:22:36 the text of this `sql!` cannot be read here
        "#]],
    );
    check(
        "fn a() { sql!(include_str!(\"a.sql\")); }",
        &expect![[r#"
            B006 order_store.rs:22:10 the text of this `sql!` cannot be read here
        "#]],
    );
}

#[test]
fn a_statement_that_is_not_understood_is_read_word_by_word() {
    renders(
        &[add(STORE, "fn a() { sql!(\"REINDEX THE orders_orders BUT NOT accounts_accounts\"); }")],
        &expect![[r#"
            error[B006]: SQL of orders names `accounts_accounts`, which belongs to accounts
              --> crates/orders/src/infrastructure/order_store.rs:22:50
               |
            22 | fn a() { sql!("REINDEX THE orders_orders BUT NOT accounts_accounts"); }
               |                                                  ^^^^^^^^^^^^^^^^^
               |
               = note: a context owns its tables: it alone reads and writes them
               = help: the parser does not know this statement, so every word counts:
                       write it more simply, or name the column differently"#]],
    );
}

#[test]
fn the_database_system_is_for_the_core_alone() {
    check(
        "fn a() { sql!(\"SELECT pg_advisory_lock(1) FROM pg_locks\"); }",
        &expect![[r#"
            B006 order_store.rs:22:23 SQL of orders uses `pg_advisory_lock`, which belongs to the database system
            B006 order_store.rs:22:48 SQL of orders uses `pg_locks`, which belongs to the database system
        "#]],
    );
    check(
        "fn a() { sql!(\"SELECT 1 FROM information_schema.tables\"); }",
        &expect![[r#"
            B006 order_store.rs:22:49 SQL of orders uses `tables`, which belongs to the database system
        "#]],
    );
    check(
        "fn a() { sql!(sqlite: \"SELECT name FROM pragma_table_info('x')\", postgres: \"SELECT 1\"); }",
        &expect![[r#"
            B006 order_store.rs:22:41 SQL of orders uses `pragma_table_info`, which belongs to the database system
        "#]],
    );
    check(
        "fn a() { sql!(sqlite: \"PRAGMA journal_mode = WAL\", postgres: \"SELECT 1\"); }",
        &expect![[r#"
            B006 order_store.rs:22:24 SQL of orders uses `pragma_journal_mode`, which belongs to the database system
        "#]],
    );
    finds(
        &[add(CORE, "fn a() { sql!(\"SELECT pg_advisory_lock(1) FROM pg_locks\"); }")],
        &expect![[""]],
    );
}

#[test]
fn every_statement_stands_in_sql() {
    renders(
        &[add(STORE, "fn a() { sqlx::query_as::<_, Row>(\"SELECT 1\"); }")],
        &expect![[r#"
            error[B006]: `sqlx::query_as` runs SQL that is not in `sql!`
              --> crates/orders/src/infrastructure/order_store.rs:22:10
               |
            22 | fn a() { sqlx::query_as::<_, Row>("SELECT 1"); }
               |          ^^^^^^^^^^^^^^
               |
               = note: such a statement is neither checked for its tables nor prepared on both engines
               = help: write the statement as `sql!("…")`"#]],
    );
    check(
        "use sqlx::{Executor as _, raw_sql};",
        &expect![[r#"
            B006 order_store.rs:22:12 `sqlx::Executor` runs SQL that is not in `sql!`
            B006 order_store.rs:22:27 `sqlx::raw_sql` runs SQL that is not in `sql!`
        "#]],
    );
    check(
        "use sqlx as x;\nfn a() { x::query!(\"SELECT 1\"); }",
        &expect![[r#"
            B002 order_store.rs:22:5 an import renames the crate `sqlx`
            B006 order_store.rs:23:10 `sqlx::query` runs SQL that is not in `sql!`
        "#]],
    );
    check(
        "fn a() { vec![sqlx::AssertSqlSafe(\"SELECT 1\")]; }",
        &expect![[r#"
            B006 order_store.rs:22:15 `sqlx::AssertSqlSafe` runs SQL that is not in `sql!`
        "#]],
    );
    check(
        "#[cfg(test)]\nmod tests { use sqlx::query; }",
        &expect![[r#"
            B006 order_store.rs:23:23 `sqlx::query` runs SQL that is not in `sql!`
        "#]],
    );
    finds(
        &[add("crates/kernel/src/application.rs", "#[cfg(test)]\nmod tests { use sqlx::query; }")],
        &expect![[""]],
    );
    finds(
        &[
            swap("boundaries.toml", "raw = [", "raw = [\"kernel::sql::Db\", "),
            add(STORE, "use kernel::sql;\nfn a() -> sql::Db { sql::Db }"),
        ],
        &expect![[r#"
            B006 facade.rs:3:18 `kernel::sql::Db` runs SQL that is not in `sql!`
            B006 facade.rs:4:18 `kernel::sql::Db` runs SQL that is not in `sql!`
            B006 order_store.rs:23:11 `kernel::sql::Db` runs SQL that is not in `sql!`
            B006 order_store.rs:23:21 `kernel::sql::Db` runs SQL that is not in `sql!`
        "#]],
    );
}

#[test]
fn a_program_elsewhere_asks_for_its_own_tables_as_it_likes() {
    finds(
        &[
            swap("boundaries.toml", "kind = \"host\"", "kind = \"example\""),
            swap(
                "boundaries.toml",
                "axum = [\"interface\", \"host\"]",
                "axum = [\"interface\", \"example\"]",
            ),
            swap("boundaries.toml", "\"testing\", \"lib\"]", "\"testing\", \"lib\", \"example\"]"),
            swap("crates/shop/Cargo.toml", "axum = \"0.8\"", "axum = \"0.8\"\nsqlx = \"0.9\""),
            add(
                "crates/shop/src/main.rs",
                "fn a() { kernel::sql!(\"SELECT 1 FROM orders_orders\"); }
                 fn b() { sqlx::query(\"SELECT 1 FROM staff\"); }",
            ),
        ],
        &expect![[r#"
            B006 main.rs:10:38 SQL of shop names `orders_orders`, which belongs to orders
        "#]],
    );
}

#[test]
fn migrations_define_tables_of_their_own_context() {
    renders(
        &[add(
            "migrations/orders/sqlite/0002_more.sql",
            "-- Who bought it.\nALTER TABLE orders_orders ADD COLUMN buyer BLOB REFERENCES accounts_accounts (id);",
        )],
        &expect![[r#"
            error[B006]: SQL of orders names `accounts_accounts`, which belongs to accounts
             --> migrations/orders/sqlite/0002_more.sql:2:60
              |
            2 | ALTER TABLE orders_orders ADD COLUMN buyer BLOB REFERENCES accounts_accounts (id);
              |                                                            ^^^^^^^^^^^^^^^^^
              |
              = note: a context owns its tables: it alone reads and writes them
              = help: ask the queries of accounts through a gateway, or keep a copy from its events"#]],
    );
    let file = "migrations/orders/postgres/0002_more.sql";
    finds(
        &[
            add(
                file,
                "DROP TABLE accounts_accounts;\nCREATE INDEX i ON accounts_x (id);\nCREATE TABLE carts (id uuid);",
            ),
            add(
                file,
                "CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN DELETE FROM event_log; END $$ LANGUAGE plpgsql;",
            ),
            add(file, "DO SOMETHING WITH accounts_y;"),
            add(
                file,
                "CREATE FUNCTION g() RETURNS void LANGUAGE sql AS 'DELETE FROM accounts_z';\nDROP TRIGGER t ON accounts_w;",
            ),
        ],
        &expect![[r#"
            B006 0002_more.sql:1:12 SQL of orders names `accounts_accounts`, which belongs to accounts
            B006 0002_more.sql:2:19 SQL of orders names `accounts_x`, which belongs to accounts
            B006 0002_more.sql:3:14 SQL of orders names the table `carts`, which belongs to nobody
            B006 0002_more.sql:4:61 SQL of orders names `event_log`, which belongs to kernel
            B006 0002_more.sql:5:19 SQL of orders names `accounts_y`, which belongs to accounts
            B006 0002_more.sql:6:63 SQL of orders names `accounts_z`, which belongs to accounts
            B006 0002_more.sql:7:19 SQL of orders names `accounts_w`, which belongs to accounts
        "#]],
    );
    finds(
        &[add("migrations/baskets/0001.sql", "CREATE TABLE baskets (id uuid);")],
        &expect![[r#"
            B006 0001.sql:1:1 the migrations of `baskets` belong to no crate
        "#]],
    );
}
