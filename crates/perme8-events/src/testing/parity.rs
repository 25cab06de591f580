//! Whether both engines have the same tables.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    infrastructure::{db::Db, migrations::Migrations},
    sql,
};

/// What differs between the schemas of two migrated databases on different engines, one line each; empty when nothing does.
///
/// Compared are the tables of the contexts with their columns, which of those may be null, primary keys and unique keys.
/// Types are left to the statements, which are tested on both engines; partitions of a table are no tables of their own, and
/// neither are those in which SQLite keeps an index for searches.
///
/// # Panics
///
/// The schema of one of the databases cannot be read.
pub async fn schema_differences(one: &Db, other: &Db, all: &[&'static Migrations]) -> String {
    let mut report = String::new();
    for migrations in all {
        let (here, there) =
            (facts(one, migrations.context).await, facts(other, migrations.context).await);
        for (db, only) in [(one, here.difference(&there)), (other, there.difference(&here))] {
            for fact in only {
                writeln!(report, "only {}: {fact}", db.engine_name())
                    .expect("a String takes everything");
            }
        }
    }
    report
}

/// A sentence for each thing that both engines must agree on.
async fn facts(db: &Db, context: &str) -> BTreeSet<String> {
    let columns: Vec<(String, String, bool)> = db
        .query(sql!(
            sqlite: "SELECT t.name, c.name, c.\"notnull\" = 0 AND c.pk = 0 FROM pragma_table_list t, pragma_table_info(t.name) c
                     WHERE t.type = 'table' AND substr(t.name, 1, length($1)) = $1",
            postgres: "SELECT t.relname::text, c.attname::text, NOT c.attnotnull FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid
                       WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
                         AND c.attnum > 0 AND NOT c.attisdropped AND substr(t.relname, 1, length($1)) = $1"
        ))
        .bind(format!("{context}_"))
        .all()
        .await
        .expect("the columns are readable");
    // SQLite has no index for a key that is the row id itself, so primary keys are read from the columns there.
    let keys: Vec<(String, String, bool, String)> = db
        .query(sql!(
            sqlite: "SELECT t.name, 'primary', 0, group_concat(c.name, ', ' ORDER BY c.pk)
                     FROM pragma_table_list t, pragma_table_info(t.name) c
                     WHERE t.type = 'table' AND c.pk > 0 AND substr(t.name, 1, length($1)) = $1 GROUP BY t.name
                     UNION ALL
                     SELECT t.name, 'unique', i.partial, group_concat(coalesce(c.name, 'an expression'), ', ' ORDER BY c.seqno)
                     FROM pragma_table_list t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
                     WHERE t.type = 'table' AND i.\"unique\" AND i.origin <> 'pk' AND substr(t.name, 1, length($1)) = $1
                     GROUP BY t.name, i.name, i.partial",
            postgres: "SELECT t.relname::text, CASE WHEN i.indisprimary THEN 'primary' ELSE 'unique' END, i.indpred IS NOT NULL,
                         string_agg(coalesce(c.attname::text, 'an expression'), ', ' ORDER BY k.n)
                       FROM pg_class t JOIN pg_index i ON i.indrelid = t.oid
                         CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
                         LEFT JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = k.attnum AND k.attnum > 0
                       WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
                         AND i.indisunique AND substr(t.relname, 1, length($1)) = $1
                       GROUP BY t.relname, i.indexrelid, i.indisprimary, i.indpred IS NOT NULL"
        ))
        .bind(format!("{context}_"))
        .all()
        .await
        .expect("the keys are readable");
    // How migrations are recorded is the library's business.
    let record = format!("{context}_migrations");
    let columns = columns.into_iter().filter(|(table, ..)| *table != record).map(
        |(table, column, nullable)| {
            format!("{table}.{column}{}", if nullable { ", which may be null" } else { "" })
        },
    );
    let keys = keys.into_iter().filter(|(table, ..)| *table != record).map(
        |(table, kind, partial, columns)| {
            let some = if partial { " for some rows" } else { "" };
            format!("{table} has the {kind} key ({columns}){some}")
        },
    );
    columns.chain(keys).collect()
}
