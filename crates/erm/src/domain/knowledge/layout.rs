//! An entry as the properties of its entity: texts, and lists as the JSON of them.

use serde_json::Value;

use super::entry::EntryList;
use crate::domain::properties::Properties;

pub(crate) const TITLE: &str = "title";
pub(crate) const BODY: &str = "body";
pub(crate) const CATEGORY: &str = "category";
pub(crate) const LAST_VERIFIED_AT: &str = "last_verified_at";

/// So many characters of a body make a preview.
const PREVIEW: usize = 200;

/// What stands under a name; nothing where there is no text, so that whatever else wrote an entry, it is read.
pub(crate) fn text<'a>(properties: &'a Properties, name: &str) -> &'a str {
    properties.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The texts of a list; none where there is no list.
pub(crate) fn list(properties: &Properties, list: EntryList) -> Vec<String> {
    let decoded = match properties.get(list.as_str()) {
        Some(Value::Array(values)) => Some(values.clone()),
        Some(Value::String(kept)) => serde_json::from_str(kept).ok(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => None,
    };
    decoded.unwrap_or_default().into_iter().filter_map(said).collect()
}

fn said(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Some(other.to_string())
        }
    }
}

/// The beginning of a body.
pub(crate) fn preview(body: &str) -> String {
    match body.char_indices().nth(PREVIEW) {
        None => body.to_owned(),
        Some((end, _)) => format!("{}...", &body[..end]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whatever_was_written_is_read() {
        let of = |value: Value| Properties::from_iter([("tags".to_owned(), value)]);
        let tags = |value| list(&of(value), EntryList::Tags);
        assert_eq!(tags(json!("[\"one\",\"two\"]")), ["one", "two"]);
        assert_eq!(tags(json!(["one", 2, null])), ["one", "2"]);
        for nothing in [json!(null), json!(""), json!("one, two"), json!("{}"), json!(7), json!({})]
        {
            assert!(tags(nothing).is_empty());
        }
        assert!(list(&Properties::new(), EntryList::Tags).is_empty());
        assert_eq!(text(&of(json!(7)), "tags"), "");
        assert_eq!(text(&of(json!("x")), "tags"), "x");
    }

    #[test]
    fn a_preview_is_the_beginning() {
        assert_eq!(preview(""), "");
        let whole = "é".repeat(200);
        assert_eq!(preview(&whole), whole);
        assert_eq!(preview(&format!("{whole}x")), format!("{whole}..."));
    }
}
