//! The texts of the statements of lists, written once for entities and edges.
//!
//! Ranges of keys come as rows of JSON. An item fulfils the conditions if as many of its values are in ranges as there are
//! conditions that want one, and none is where none may be: those weigh so much that nothing makes up for it.

/// Ranges as rows, out of the JSON in `$json`, on SQLite.
macro_rules! ranges_sqlite {
    ($json:literal) => {
        concat!(
            "(property, weight, low, high) AS MATERIALIZED
               (SELECT value ->> 'property', value ->> 'weight', unhex(value ->> 'low'), unhex(value ->> 'high')
                FROM json_each(",
            $json,
            "))"
        )
    };
}

/// The same on PostgreSQL.
macro_rules! ranges_postgres {
    ($json:literal) => {
        concat!(
            "(property, weight, low, high) AS MATERIALIZED
               (SELECT property, weight, decode(low, 'hex'), decode(high, 'hex')
                FROM jsonb_to_recordset(",
            $json,
            "::jsonb) AS one (property text, weight integer, low text, high text))"
        )
    };
}

/// The ranges in `$3`, which are asked of each item, on SQLite.
macro_rules! asked_sqlite {
    () => {
        concat!("WITH asked ", ranges_sqlite!("$3"))
    };
}

/// The same on PostgreSQL.
macro_rules! asked_postgres {
    () => {
        concat!("WITH asked ", ranges_postgres!("$3"))
    };
}

/// And what the ranges in `$json` find, `$needed` of which want a value, on SQLite. Where none does, everything is found but what
/// they find.
macro_rules! found_sqlite {
    ($holder:literal, $table:literal, $type:literal, $json:literal, $needed:literal) => {
        concat!(
            asked_sqlite!(),
            ", sought ",
            ranges_sqlite!($json),
            ", found (item_id) AS MATERIALIZED
               (SELECT item_id FROM
                  (SELECT held.item_id AS item_id, sought.weight AS weight
                   FROM sought CROSS JOIN erm_values AS held
                   WHERE held.workspace_id = $1 AND held.holder = '",
            $holder,
            "' AND held.item_type = $2 AND held.property = sought.property
                     AND held.key >= sought.low AND held.key < sought.high
                   UNION ALL
                   SELECT id, 0 FROM ",
            $table,
            " WHERE ",
            $needed,
            " = 0 AND workspace_id = $1 AND ",
            $type,
            " = $2 AND deleted_at IS NULL)
                GROUP BY item_id HAVING sum(weight) = ",
            $needed,
            ")"
        )
    };
}

/// The same on PostgreSQL, which asks range by range whatever it believes of the sizes of tables.
macro_rules! found_postgres {
    ($holder:literal, $table:literal, $type:literal, $json:literal, $needed:literal) => {
        concat!(
            asked_postgres!(),
            ", sought ",
            ranges_postgres!($json),
            ", found (item_id) AS MATERIALIZED
               (SELECT item_id FROM
                  (SELECT held.item_id, sought.weight
                   FROM sought CROSS JOIN LATERAL
                     (SELECT item_id FROM erm_values
                      WHERE workspace_id = $1 AND holder = '",
            $holder,
            "' AND item_type = $2 AND property = sought.property
                        AND key >= sought.low AND key < sought.high OFFSET 0) AS held
                   UNION ALL
                   SELECT id, 0 FROM ",
            $table,
            " WHERE ",
            $needed,
            " = 0 AND workspace_id = $1 AND ",
            $type,
            " = $2 AND deleted_at IS NULL) AS weighed
                GROUP BY item_id HAVING sum(weight) = ",
            $needed,
            ")"
        )
    };
}

/// Whether the item of this id fulfils the conditions, `$4` of which want a value.
macro_rules! fulfils {
    ($id:literal) => {
        concat!(
            "($3 = '[]' OR (SELECT coalesce(sum(asked.weight), 0) FROM asked CROSS JOIN erm_values AS held
                            WHERE held.item_id = ",
            $id,
            " AND held.property = asked.property AND held.key >= asked.low AND held.key < asked.high) = $4)"
        )
    };
}

/// How many items of `$from`, where they have this id, fulfil the conditions.
macro_rules! count_items {
    ($asked:expr, $from:expr, $id:literal) => {
        concat!($asked, " SELECT count(*) FROM ", $from, " AND ", fulfils!($id))
    };
}

/// A page by time of what is in `$from`: behind `$6` and `$7`, `$8` items after `$9` others.
macro_rules! page_by_time {
    ($asked:expr, $columns:expr, $from:expr, $than:literal, $order:literal) => {
        concat!(
            $asked,
            " SELECT ",
            $columns,
            " FROM ",
            $from,
            " AND ",
            fulfils!("item.id"),
            " AND (item.created_at, item.id) ",
            $than,
            " ($6, $7)
              ORDER BY item.created_at ",
            $order,
            ", item.id ",
            $order,
            " LIMIT $8 OFFSET $9"
        )
    };
}

/// A page by value, where that is `sorted` in `$from`.
macro_rules! page_by_value {
    ($asked:expr, $columns:expr, $from:expr, $than:literal, $order:literal) => {
        concat!(
            $asked,
            " SELECT ",
            $columns,
            ", sorted.key AS sort_key FROM ",
            $from,
            " AND ",
            fulfils!("sorted.item_id"),
            " AND (sorted.key, sorted.item_id) ",
            $than,
            " ($6, $7)
              ORDER BY sorted.key ",
            $order,
            ", sorted.item_id ",
            $order,
            " LIMIT $8 OFFSET $9"
        )
    };
}

pub(crate) use {
    asked_postgres, asked_sqlite, count_items, found_postgres, found_sqlite, fulfils, page_by_time,
    page_by_value, ranges_postgres, ranges_sqlite,
};
