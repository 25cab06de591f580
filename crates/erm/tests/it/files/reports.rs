//! What is told of a file of which not everything can be taken over.

use erm::{FileFormat, Import, ImportedSchema};
use expect_test::{Expect, expect};
use perme8_events::testing::on_both_engines;
use serde_json::json;

use super::{FILE, content, import, into};
use crate::office::{Office, engines};

async fn check(office: &Office, file: &str, change: impl FnOnce(&mut Import), expected: &Expect) {
    let mut wish = into(engines(), FileFormat::JsonLines);
    change(&mut wish);
    let report = import(office, office.ada, wish, file).await.unwrap();
    expected.assert_eq(&serde_json::to_string_pretty(&report).unwrap());
}

on_both_engines! {
    migrations: [
        &perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &projects::MIGRATIONS, &documents::MIGRATIONS,
        &erm::MIGRATIONS,
    ];

    async fn what_cannot_be_taken_over_is_told_line_by_line(test: TestDb) {
        let office = Office::open(test).await;
        let dry = expect![[r#"
            {
              "dry_run": true,
              "schema": "created",
              "entities": {
                "created": 2,
                "updated": 0
              },
              "edges": {
                "created": 1
              },
              "failed": 4,
              "errors": [
                {
                  "line": 3,
                  "field": "shoe",
                  "message": "is not defined"
                },
                {
                  "line": 3,
                  "field": "full_name",
                  "message": "must be a string"
                },
                {
                  "line": 5,
                  "field": "type",
                  "message": "type Robot is not defined in the schema"
                },
                {
                  "line": 6,
                  "message": "is no line of a graph: expected value"
                },
                {
                  "line": 9,
                  "field": "target_id",
                  "message": "entity \"b\" could not be taken over"
                }
              ],
              "lines": 9,
              "bytes": 607
            }"#]];
        check(&office, FILE, |import| import.dry_run = true, &dry).await;
        assert_eq!(office.events().await, [""; 0]);
        let first = expect![[r#"
            {
              "dry_run": false,
              "schema": "created",
              "entities": {
                "created": 2,
                "updated": 0
              },
              "edges": {
                "created": 1
              },
              "failed": 4,
              "errors": [
                {
                  "line": 3,
                  "field": "shoe",
                  "message": "is not defined"
                },
                {
                  "line": 3,
                  "field": "full_name",
                  "message": "must be a string"
                },
                {
                  "line": 5,
                  "field": "type",
                  "message": "type Robot is not defined in the schema"
                },
                {
                  "line": 6,
                  "message": "is no line of a graph: expected value"
                },
                {
                  "line": 9,
                  "field": "target_id",
                  "message": "entity \"b\" could not be taken over"
                }
              ],
              "lines": 9,
              "bytes": 607
            }"#]];
        check(&office, FILE, |_| (), &first).await;
        assert_eq!(content(&office, &engines()).await.1, 1);
        let again = expect![[r#"
            {
              "dry_run": false,
              "schema": "replaced",
              "entities": {
                "created": 1,
                "updated": 1
              },
              "edges": {
                "created": 1
              },
              "failed": 4,
              "errors": [
                {
                  "line": 3,
                  "field": "shoe",
                  "message": "is not defined"
                },
                {
                  "line": 3,
                  "field": "full_name",
                  "message": "must be a string"
                },
                {
                  "line": 5,
                  "field": "type",
                  "message": "type Robot is not defined in the schema"
                },
                {
                  "line": 6,
                  "message": "is no line of a graph: expected value"
                },
                {
                  "line": 9,
                  "field": "target_id",
                  "message": "entity \"b\" could not be taken over"
                }
              ],
              "lines": 9,
              "bytes": 607
            }"#]];
        check(&office, FILE, |import| import.schema = ImportedSchema::Replace, &again).await;
        let none = expect![[r#"
            {
              "dry_run": false,
              "schema": "failed",
              "entities": {
                "created": 0,
                "updated": 0
              },
              "edges": {
                "created": 0
              },
              "failed": 1,
              "errors": [
                {
                  "line": 1,
                  "field": "schema",
                  "message": "entity_types[0]: invalid type name \"no name\": up to 100 letters, digits and underscores, of which the first is a letter"
                }
              ],
              "lines": 1,
              "bytes": 51
            }"#]];
        let schema = r#"{"schema": {"entity_types": [{"name": "no name"}]}}"#;
        check(&office, schema, |import| import.schema = ImportedSchema::Replace, &none).await;
    }

    async fn what_a_file_calls_its_entities_is_not_long(test: TestDb) {
        let office = Office::with_schema(test).await;
        let [short, long] = [255, 256].map(|length| "ü".repeat(length));
        let person = |id: &str| json!({"entity": {"id": id, "type": "Person", "properties": {"full_name": "Ada"}}});
        let knows = |id: &str| json!({"edge": {"type": "KNOWS", "source_id": id, "target_id": short}});
        let lines = [person(&short), person(&long), knows(&short), knows(&long)];
        let file = lines.map(|line| line.to_string()).join("\n");
        let report = import(&office, office.ben, into(engines(), FileFormat::JsonLines), &file).await.unwrap();
        assert_eq!((report.entities.created, report.edges.created, report.failed), (1, 1, 2));
        let told = report.errors.iter().map(|problem| (problem.line, problem.field.as_deref()));
        assert_eq!(told.collect::<Vec<_>>(), [(2, Some("id")), (4, Some("source_id"))]);
        assert_eq!(report.errors[0].message, "is longer than 255 characters");
    }
}
