//! A JSON document a line.

use crate::domain::lines::Line;

/// What a line says; none for an empty one.
pub(crate) fn read(line: &[u8]) -> Result<Option<Line>, String> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(line).map(Some).map_err(|error| {
        // There is but one line.
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(&*text, |(message, _)| message);
        format!("is no line of a graph: {message}")
    })
}

/// The line that says so.
pub(crate) fn written(line: &Line) -> String {
    let mut text = serde_json::to_string(line).expect("lines are always JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::lines::{EdgeLine, EntityLine, SchemaLine};

    #[test]
    fn a_line_reads_as_it_is_written() {
        let properties =
            json!({"name": "a\n\"b\"\u{2028}", "age": 1.0}).as_object().unwrap().clone();
        let (id, external_key) = (Some("1".to_owned()), Some("crm:1".to_owned()));
        for line in [
            Line::Schema(SchemaLine { entity_types: Some(json!([])), edge_types: None }),
            Line::Entity(EntityLine {
                id,
                entity_type: "Person".to_owned(),
                external_key,
                properties: properties.clone(),
            }),
            Line::Edge(EdgeLine {
                edge_type: "KNOWS".to_owned(),
                source_id: "1".to_owned(),
                target_id: "2".to_owned(),
                properties,
            }),
        ] {
            let text = written(&line);
            assert_eq!(text.matches('\n').count(), 1, "{text}");
            assert_eq!(read(text.as_bytes()), Ok(Some(line)));
        }
        assert_eq!(read(b" \r"), Ok(None));
    }

    #[test]
    fn what_is_no_line_says_why() {
        let error = |text: &str| read(text.as_bytes()).unwrap_err();
        assert_eq!(
            error("{\"node\": {}}"),
            "is no line of a graph: unknown variant `node`, expected one of `schema`, `entity`, `edge`"
        );
        assert_eq!(
            error("{\"edge\": {\"type\": \"KNOWS\"}}"),
            "is no line of a graph: missing field `source_id`"
        );
        assert!(error("[").starts_with("is no line of a graph: "));
        assert!(read(b"\xff").is_err());
    }
}
