//! What events of entities and edges say alike.

use std::collections::BTreeMap;

use identity::Change;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::properties::Properties;

/// The properties that changed, each with its value before and since then; `null` where it has none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct PropertyChanges(pub BTreeMap<String, Change<Value>>);

impl PropertyChanges {
    pub(crate) fn between(from: &Properties, to: &Properties) -> Self {
        let value = |of: &Properties, name: &String| of.get(name).cloned().unwrap_or_default();
        let names = from.keys().chain(to.keys());
        let change = |name| Change::between(value(from, name), value(to, name));
        Self(names.filter_map(|name| Some((name.clone(), change(name)?))).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_name_what_came_went_and_is_another() {
        let object = |value: Value| value.as_object().cloned().unwrap();
        let from = object(json!({ "name": "Ada", "age": 36, "city": "London" }));
        let to = object(json!({ "name": "Ada", "age": 36.0, "born": 1815 }));
        let changes = serde_json::to_string(&PropertyChanges::between(&from, &to)).unwrap();
        expect_test::expect![[r#"{"age":{"from":36,"to":36.0},"born":{"from":null,"to":1815},"city":{"from":"London","to":null}}"#]]
            .assert_eq(&changes);
        assert_eq!(PropertyChanges::between(&from, &from), PropertyChanges::default());
    }
}
