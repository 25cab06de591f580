//! The ways of SQL to name a table: `«table»` beside `«own»`, which may be named.

/// One statement, as the arguments of `sql!`.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) way: &'static str,
    pub(crate) text: &'static str,
}

const PLAIN: &str = "plain SQL";
const JOIN: &str = "a join";
const CTE: &str = "a CTE";
const SUB: &str = "a sub-query";
const UNION: &str = "a union";
const WRITE: &str = "a statement that writes";
const SPELLED: &str = "another spelling";
const HIDDEN: &str = "a name that hides a table";
const SYNTAX: &str = "rare syntax";
const TEXT: &str = "a text that is SQL";

/// Whether statements of this way are as good as any about a table of one's own.
pub(crate) fn is_plain(way: &str) -> bool {
    [PLAIN, JOIN, CTE, SUB, UNION, WRITE, SPELLED].contains(&way)
}

const fn of(way: &'static str, text: &'static str) -> Statement {
    Statement { way, text }
}

/// Statements that name a table.
pub(crate) const ALL: &[Statement] = &[
    of(PLAIN, "\"SELECT * FROM «table»\""),
    of(PLAIN, "\"SELECT t.id FROM «table» AS t WHERE t.id = $1 FOR UPDATE SKIP LOCKED\""),
    of(PLAIN, "\"SELECT 1 FROM «own», «table»\""),
    of(PLAIN, "\"SELECT 1 FROM («table»)\""),
    of(JOIN, "\"SELECT 1 FROM «own» JOIN «table» USING (id)\""),
    of(JOIN, "\"SELECT 1 FROM «own» o LEFT OUTER JOIN «table» t ON t.id = o.id\""),
    of(JOIN, "\"SELECT 1 FROM «own» NATURAL JOIN «table»\""),
    of(JOIN, "\"SELECT 1 FROM «own» CROSS JOIN «table»\""),
    of(
        JOIN,
        "\"SELECT 1 FROM «own» o JOIN («own» p JOIN «table» t ON t.id = p.id) ON p.id = o.id\"",
    ),
    of(
        JOIN,
        "\"SELECT 1 FROM «own» o JOIN LATERAL (SELECT 1 FROM «table» t WHERE t.id = o.id) l ON true\"",
    ),
    of(CTE, "\"WITH w AS (SELECT 1 FROM «table») SELECT 1 FROM w\""),
    of(
        CTE,
        "\"WITH v AS (SELECT 1), w AS MATERIALIZED (SELECT 1 FROM «table») SELECT 1 FROM v, w\"",
    ),
    of(
        CTE,
        "\"WITH RECURSIVE w (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM w JOIN «table» ON true) SELECT n FROM w\"",
    ),
    of(CTE, "\"WITH w AS (WITH v AS (SELECT 1 FROM «table») SELECT 1 FROM v) SELECT 1 FROM w\""),
    of(
        CTE,
        "postgres: \"WITH w AS (DELETE FROM «table» RETURNING id) INSERT INTO «own» SELECT id FROM w\"",
    ),
    of(CTE, "\"INSERT INTO «own» WITH w AS (SELECT id FROM «table») SELECT id FROM w\""),
    of(SUB, "\"SELECT (SELECT max(id) FROM «table») FROM «own»\""),
    of(SUB, "\"SELECT 1 FROM (SELECT 1 FROM «table») s\""),
    of(SUB, "\"SELECT 1 FROM «own» WHERE id IN (SELECT id FROM «table»)\""),
    of(SUB, "\"SELECT 1 FROM «own» WHERE (id, id) NOT IN (SELECT id, id FROM «table»)\""),
    of(SUB, "\"SELECT 1 FROM «own» o WHERE EXISTS (SELECT 1 FROM «table» t WHERE t.id = o.id)\""),
    of(SUB, "\"SELECT 1 FROM «own» WHERE id = ANY (SELECT id FROM «table»)\""),
    of(SUB, "\"SELECT 1 FROM «own» GROUP BY id HAVING count(*) > (SELECT 1 FROM «table»)\""),
    of(SUB, "\"SELECT 1 FROM «own» ORDER BY (SELECT 1 FROM «table»)\""),
    of(SUB, "\"SELECT 1 FROM «own» LIMIT (SELECT 1 FROM «table»)\""),
    of(SUB, "\"SELECT 1 FROM «own» LIMIT 1 OFFSET (SELECT 1 FROM «table»)\""),
    of(SUB, "\"SELECT CASE WHEN id = (SELECT 1 FROM «table») THEN 1 END FROM «own»\""),
    of(SUB, "\"SELECT coalesce((SELECT 1 FROM «table»), 1) FROM «own»\""),
    of(SUB, "\"SELECT count(*) FILTER (WHERE id IN (SELECT id FROM «table»)) FROM «own»\""),
    of(SUB, "\"SELECT row_number() OVER (PARTITION BY (SELECT 1 FROM «table»)) FROM «own»\""),
    of(SUB, "\"VALUES ((SELECT 1 FROM «table»))\""),
    of(SUB, "postgres: \"SELECT ARRAY(SELECT id FROM «table»)\""),
    of(UNION, "\"SELECT 1 FROM «own» UNION SELECT 1 FROM «table»\""),
    of(
        UNION,
        "\"SELECT 1 FROM «own» UNION ALL (SELECT 1 FROM «own» EXCEPT SELECT 1 FROM «table»)\"",
    ),
    of(UNION, "\"SELECT 1 FROM «own» INTERSECT SELECT 1 FROM «table»\""),
    of(WRITE, "\"INSERT INTO «table» (id) VALUES ($1)\""),
    of(
        WRITE,
        "\"INSERT INTO «table» (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET id = excluded.id\"",
    ),
    of(WRITE, "\"INSERT INTO «own» (id) SELECT id FROM «table»\""),
    of(WRITE, "\"INSERT INTO «own» (id) VALUES ((SELECT 1 FROM «table»)) RETURNING id\""),
    of(
        WRITE,
        "\"INSERT INTO «own» (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET id = (SELECT 1 FROM «table»)\"",
    ),
    of(WRITE, "\"INSERT INTO «own» (id) VALUES ($1) RETURNING (SELECT 1 FROM «table»)\""),
    of(WRITE, "\"UPDATE «table» SET id = $1\""),
    of(WRITE, "\"UPDATE «own» SET id = (SELECT 1 FROM «table»)\""),
    of(WRITE, "\"UPDATE «own» SET id = t.id FROM «table» t WHERE t.id = «own».id\""),
    of(WRITE, "\"UPDATE «own» SET id = 1 WHERE id IN (SELECT id FROM «table»)\""),
    of(WRITE, "\"DELETE FROM «table»\""),
    of(WRITE, "\"DELETE FROM «own» WHERE id IN (SELECT id FROM «table»)\""),
    of(WRITE, "postgres: \"DELETE FROM «own» USING «table» t WHERE t.id = «own».id\""),
    of(WRITE, "postgres: \"TRUNCATE «table»\""),
    of(WRITE, "postgres: \"TRUNCATE TABLE «own», «table» CASCADE\""),
    of(
        WRITE,
        "postgres: \"MERGE INTO «own» o USING «table» t ON t.id = o.id WHEN MATCHED THEN DELETE\"",
    ),
    of(WRITE, "sqlite: \"REPLACE INTO «table» (id) VALUES ($1)\""),
    of(WRITE, "sqlite: \"INSERT OR REPLACE INTO «table» (id) VALUES ($1)\""),
    of(SPELLED, "r#\"SELECT 1 FROM \"«table»\"\"#"),
    of(SPELLED, "sqlite: \"SELECT 1 FROM [«table»]\""),
    of(SPELLED, "sqlite: \"SELECT 1 FROM `«table»`\""),
    of(SPELLED, "postgres: \"SELECT 1 FROM public.«table»\""),
    of(SPELLED, "sqlite: \"SELECT 1 FROM main.«table»\""),
    of(SPELLED, "postgres: \"SELECT 1 FROM ONLY «table»\""),
    of(SPELLED, "\"select 1 from /* planted */ «table» -- planted\""),
    of(SPELLED, "\"SELECT 1 FROM\n\t«table»\""),
    of(SPELLED, "\"EXPLAIN SELECT 1 FROM «table»\""),
    of(SPELLED, "\"SELECT 1 FROM «own»; SELECT 1 FROM «table»\""),
    of(HIDDEN, "\"WITH «table» AS (SELECT 1 FROM «table») SELECT 1 FROM «table»\""),
    of(
        HIDDEN,
        "\"SELECT 1 FROM «table» WHERE EXISTS (WITH «table» AS (SELECT 1) SELECT 1 FROM «table»)\"",
    ),
    of(HIDDEN, "\"WITH «table» AS (SELECT 1) SELECT 1 FROM «table»\""),
    of(HIDDEN, "sqlite: \"SELECT 1 FROM «table»('planted')\""),
    of(HIDDEN, "sqlite: \"SELECT 1 FROM «own» JOIN «table»('planted') ON true\""),
    of(HIDDEN, "postgres: \"SELECT «table»(1)\""),
    of(SYNTAX, "postgres: \"TABLE «table»\""),
    of(SYNTAX, "postgres: \"INSERT INTO «own» TABLE «table»\""),
    of(SYNTAX, "postgres: \"WITH w AS (TABLE «table») SELECT 1 FROM w\""),
    of(SYNTAX, "sqlite: \"SELECT 1 FROM «own» WHERE id IN «table»\""),
    of(SYNTAX, "postgres: \"COPY «table» TO STDOUT\""),
    of(SYNTAX, "postgres: \"COPY (SELECT 1 FROM «table») TO STDOUT\""),
    of(SYNTAX, "postgres: \"LOCK TABLE «table» IN EXCLUSIVE MODE\""),
    of(SYNTAX, "postgres: \"SELECT 1 INTO «table» FROM «own»\""),
    of(SYNTAX, "postgres: \"CREATE TABLE «own»_x AS SELECT 1 FROM «table»\""),
    of(SYNTAX, "postgres: \"CREATE TABLE «own»_x AS TABLE «table»\""),
    of(SYNTAX, "postgres: \"CREATE TABLE «own»_x (LIKE «table»)\""),
    of(SYNTAX, "postgres: \"DECLARE c CURSOR FOR SELECT 1 FROM «table»\""),
    of(SYNTAX, "postgres: \"PREPARE p AS SELECT 1 FROM «table»\""),
    of(SYNTAX, "postgres: \"ANALYZE «table»\""),
    of(SYNTAX, "postgres: \"VACUUM «table»\""),
    of(SYNTAX, "sqlite: \"REINDEX «table»\""),
    of(SYNTAX, "postgres: r#\"SELECT 1 FROM U&\"planted\\005f\"\"#"),
    of(SYNTAX, "postgres: \"SELECT («table».*) IS NULL FROM «own»\""),
    of(TEXT, "postgres: \"SELECT '«table»'::regclass\""),
    of(TEXT, "postgres: \"SELECT query_to_xml('SELECT 1 FROM «table»', true, true, '')\""),
    of(TEXT, "postgres: \"DO $$ BEGIN DELETE FROM «table»; END $$\""),
    of(TEXT, "postgres: \"DO 'BEGIN DELETE FROM «table»; END'\""),
    of(TEXT, "postgres: \"EXECUTE 'SELECT 1 FROM «table»'\""),
    of(TEXT, "postgres: \"SELECT nextval('«table»')\""),
];

/// Statements about tables of one's own that must not be misunderstood.
pub(crate) const OWN: &[&str] = &[
    "\"WITH w AS (SELECT id FROM «own») SELECT id FROM w\"",
    "\"WITH RECURSIVE w (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM w) SELECT n FROM w\"",
    "\"SELECT o.id AS planted FROM «own» AS o ORDER BY planted\"",
    "\"SELECT value FROM json_each($1)\"",
    "\"INSERT INTO «own» (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET id = excluded.id\"",
    "sqlite: \"SELECT 1\", postgres: \"SELECT x FROM unnest($1) AS x\"",
    "concat!(\"SELECT 1 \", \"FROM «own»\")",
];

/// Statements of migrations.
pub(crate) const DEFINITIONS: &[(&str, &str)] = &[
    ("CREATE TABLE", "CREATE TABLE «own»_x (id INTEGER REFERENCES «table» (id));"),
    ("CREATE TABLE", "CREATE TABLE «own»_x (id INTEGER, FOREIGN KEY (id) REFERENCES «table»);"),
    ("CREATE TABLE", "CREATE TABLE «table»_x (id INTEGER);"),
    ("CREATE TABLE", "CREATE TABLE «own»_x AS SELECT 1 FROM «table»;"),
    ("CREATE INDEX", "CREATE INDEX planted ON «table» (id);"),
    ("CREATE VIEW", "CREATE VIEW «own»_x AS SELECT 1 FROM «table»;"),
    ("CREATE VIEW", "CREATE VIEW «table»_x AS SELECT 1;"),
    (
        "CREATE TRIGGER",
        "CREATE TRIGGER planted AFTER DELETE ON «table» BEGIN DELETE FROM «own»; END;",
    ),
    (
        "CREATE TRIGGER",
        "CREATE TRIGGER planted AFTER DELETE ON «own» BEGIN DELETE FROM «table»; END;",
    ),
    ("ALTER TABLE", "ALTER TABLE «table» ADD COLUMN planted INTEGER;"),
    ("ALTER TABLE", "ALTER TABLE «own» RENAME TO «table»_x;"),
    ("DROP TABLE", "DROP TABLE «table»;"),
    ("a statement that writes", "INSERT INTO «own» SELECT id FROM «table»;"),
    ("a statement that is not understood", "FROBNICATE «table»;"),
    ("CREATE VIRTUAL TABLE", "CREATE VIRTUAL TABLE «own»_x USING fts5 (x, content = '«table»');"),
    ("CREATE VIRTUAL TABLE", "CREATE VIRTUAL TABLE «own»_x USING fts5vocab ('«table»', 'row');"),
];
