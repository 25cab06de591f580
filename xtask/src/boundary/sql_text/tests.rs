//! Statements, and what they name.

use expect_test::{Expect, expect};

use super::*;

fn check(text: &str, expected: &Expect) {
    let Named { tables, functions, words, .. } = read(text, Engine::Both);
    let tables: Vec<String> = tables.iter().map(|name| name.join(".")).collect();
    let functions: Vec<String> = functions.into_iter().collect();
    let unread = if words.is_empty() { "" } else { " (not understood)" };
    expected.assert_eq(&format!("{} | {}{unread}", tables.join(", "), functions.join(", ")));
}

#[test]
fn tables_are_found_wherever_a_statement_names_them() {
    check("SELECT a.id FROM a JOIN b ON a.id = b.id WHERE a.x = $1", &expect!["a, b | "]);
    check(
        "SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b WHERE (b.x, b.y) > ($1, $2))",
        &expect!["a, b | "],
    );
    check(
        "INSERT INTO a (id) SELECT id FROM b ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING id",
        &expect!["a, b | "],
    );
    check(
        "UPDATE a SET x = (SELECT max(x) FROM b) FROM c WHERE c.id = a.id",
        &expect!["a, b, c | max"],
    );
    check("DELETE FROM a WHERE id IN (SELECT id FROM b)", &expect!["a, b | "]);
    check("TRUNCATE a", &expect!["a | "]);
    check("SELECT 1 FROM ONLY a", &expect!["a | "]);
    check("SELECT * FROM \"A\" LEFT JOIN main.b ON true", &expect!["a, main.b | "]);
    check(
        "SELECT id FROM a WHERE due_at <= $1 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED",
        &expect!["a | "],
    );
}

#[test]
fn names_of_a_statement_s_own_are_no_tables() {
    check("WITH w AS (SELECT id FROM a) SELECT id FROM w", &expect!["a | "]);
    check(
        "WITH RECURSIVE w (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM w) SELECT n FROM w",
        &expect![" | "],
    );
    check(
        "WITH w AS MATERIALIZED (SELECT 1) INSERT INTO a SELECT nextval('s') FROM w",
        &expect!["a | nextval"],
    );
    check("SELECT value FROM json_each($1)", &expect![" | json_each"]);
    check("SELECT x FROM unnest($1::uuid[]) AS x", &expect![" | "]);
}

#[test]
fn definitions_name_tables_too() {
    check(
        "CREATE TABLE a (id BLOB NOT NULL PRIMARY KEY, b_id BLOB REFERENCES b (id)) STRICT",
        &expect!["a, b | "],
    );
    check(
        "CREATE TABLE IF NOT EXISTS a (id uuid, FOREIGN KEY (id) REFERENCES b)",
        &expect!["a, b | "],
    );
    check("CREATE TABLE a (seq bigint) PARTITION BY RANGE (seq)", &expect!["a | range"]);
    check("CREATE UNIQUE INDEX i ON a (lower(x)) WHERE y IS NULL", &expect!["a | lower"]);
    check("ALTER TABLE a ADD COLUMN x text", &expect!["a | "]);
    check("DROP TABLE IF EXISTS a, b", &expect!["a, b | "]);
    check("CREATE VIEW v AS SELECT 1 FROM a", &expect!["a, v | "]);
    check("PRAGMA journal_mode = WAL", &expect![" | pragma_journal_mode"]);
    check(
        "CREATE VIRTUAL TABLE v USING fts5 (content, content = 'a', content_rowid = 'id', tokenize = 'ascii');",
        &expect!["a, v | "],
    );
    check("CREATE VIRTUAL TABLE IF NOT EXISTS v USING fts5 (x, content = '')", &expect!["v | "]);
    check("CREATE VIRTUAL TABLE v USING fts5vocab (a, 'row')", &expect![" |  (not understood)"]);
    check("ALTER TABLE a RENAME TO b", &expect!["a, b | "]);
    check("DROP TRIGGER IF EXISTS t ON a", &expect!["a | "]);
    check("GRANT SELECT ON a, b TO c", &expect!["a, b | "]);
    check("REVOKE ALL ON a FROM c", &expect!["a | "]);
    check("COMMENT ON TABLE a IS 'b'", &expect!["a | "]);
    check(
        "CREATE TRIGGER t AFTER UPDATE ON a BEGIN INSERT INTO b (b, x) VALUES ('delete', old.x); UPDATE c SET x = new.x; END",
        &expect!["a, b, c | "],
    );
}

#[test]
fn each_statement_of_a_file_is_read_by_itself() {
    let one = "CREATE VIRTUAL TABLE v USING fts5 (x); DELETE FROM a;";
    let found = ["a", "v"].map(|table| vec![table.to_owned()]).into();
    assert_eq!(read_script(one, Engine::Sqlite).tables, found);
    let script = "-- One; and `another`.
        CREATE TABLE a (x TEXT DEFAULT 'it''s; so');
        CREATE VIRTUAL TABLE v USING fts5 (x, content = 'a');
        CREATE TRIGGER t AFTER DELETE ON a BEGIN
            INSERT INTO v (v, x) VALUES ('delete', CASE WHEN old.x = '' THEN lower(old.x) END);
            DELETE FROM b;
        END;
        FROBNICATE c;
        DROP TRIGGER t;
        DELETE FROM d;";
    let Named { tables, functions, words, .. } = read_script(script, Engine::Sqlite);
    assert_eq!(tables, ["a", "b", "d", "v"].map(|table| vec![table.to_owned()]).into());
    assert_eq!(functions, ["lower".to_owned()].into());
    assert_eq!(words, self::words("FROBNICATE c"));
}

#[test]
fn the_body_of_a_function_is_read_word_by_word() {
    for body in ["$x$DELETE FROM b$x$", "'DELETE FROM b'", "E'DELETE FROM b'"] {
        for text in [
            format!("CREATE OR REPLACE FUNCTION f() RETURNS void AS {body} LANGUAGE sql"),
            format!("CREATE PROCEDURE f() LANGUAGE sql AS {body}"),
            format!("DO {body}"),
        ] {
            let Named { words, .. } = read(&text, Engine::Postgres);
            assert!(words.is_superset(&self::words("delete from b")), "{text}: {words:?}");
        }
    }
    check("UPDATE a SET x = 'DELETE FROM b'", &expect!["a | "]);
}

#[test]
fn what_is_not_understood_is_read_word_by_word() {
    check("FROBNICATE a WITH b", &expect![" |  (not understood)"]);
    assert_eq!(words("FROBNICATE a_b, c"), words("c a_b frobnicate"));
}
