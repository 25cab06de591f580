//! The conditions of a list as statements take them, and how many values fulfil them.

use perme8_events::{StorageError, WorkspaceId, sql, sql::Db};
use serde_json::{Value, json};

use crate::{
    application::ports::items::Holder, domain::filter::Condition, infrastructure::value_store::hex,
};

/// Outweighs everything that is fulfilled.
const NEVER: i64 = -1000;

/// Ranges of keys, and how many of them an item has values in that fulfils the conditions.
#[derive(Debug)]
pub(crate) struct Ranges {
    pub(crate) json: String,
    pub(crate) needed: i64,
}

impl Ranges {
    pub(crate) fn of<'c>(conditions: impl IntoIterator<Item = &'c Condition>) -> Self {
        let (mut rows, mut needed) = (Vec::new(), 0);
        for (place, condition) in conditions.into_iter().enumerate() {
            needed += i64::from(!condition.is_negated);
            let weight = if condition.is_negated { NEVER } else { 1 };
            rows.extend(condition.ranges.iter().map(|range| {
                json!({
                    "place": place,
                    "property": condition.property,
                    "weight": weight,
                    "low": hex(&range.from),
                    "high": hex(&range.until),
                })
            }));
        }
        Self { json: Value::from(rows).to_string(), needed }
    }
}

/// The values of everything that is of a type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) db: &'a Db,
    pub(crate) workspace: WorkspaceId,
    pub(crate) holder: Holder,
    pub(crate) item_type: &'a str,
}

impl Values<'_> {
    /// Which of these conditions the fewest values fulfil, if no more than `few` do. To know this, no more of them are counted
    /// in any range.
    pub(crate) async fn narrowest(
        self,
        conditions: &[&Condition],
        few: i64,
    ) -> Result<Option<usize>, StorageError> {
        if conditions.is_empty() {
            return Ok(None);
        }
        let Self { db, workspace, holder, item_type } = self;
        let query = db.query(sql!(
            sqlite: "SELECT place, sum(extent) FROM
                       (SELECT asked.value ->> 'place' AS place,
                          (SELECT count(*) FROM
                             (SELECT 1 FROM erm_values
                              WHERE workspace_id = $1 AND holder = $2 AND item_type = $3
                                AND property = asked.value ->> 'property' AND key >= unhex(asked.value ->> 'low')
                                AND key < unhex(asked.value ->> 'high') LIMIT $5)) AS extent
                        FROM json_each($4) AS asked)
                     GROUP BY place",
            postgres: "SELECT asked.place, sum(held.extent)::bigint
                       FROM jsonb_to_recordset($4::jsonb) AS asked (place bigint, property text, low text, high text)
                       CROSS JOIN LATERAL
                         (SELECT count(*) AS extent FROM
                            (SELECT 1 FROM erm_values
                             WHERE workspace_id = $1 AND holder = $2 AND item_type = $3
                               AND property = asked.property AND key >= decode(asked.low, 'hex')
                               AND key < decode(asked.high, 'hex') LIMIT $5) AS counted) AS held
                       GROUP BY asked.place"
        ));
        let query = query.bind(workspace).bind(holder.as_str()).bind(item_type);
        let asked = Ranges::of(conditions.iter().copied()).json;
        let extents: Vec<(i64, i64)> = query.bind(asked).bind(few + 1).all().await?;
        let narrowest = extents.into_iter().min_by_key(|(place, extent)| (*extent, *place));
        let narrowest = narrowest.filter(|(_, extent)| *extent <= few);
        narrowest.map(|(place, _)| usize::try_from(place).map_err(StorageError::new)).transpose()
    }
}
