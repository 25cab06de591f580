//! The document says what the code and the README say, and nothing is left out.

use std::{fs, path::Path};

use super::*;

/// What is found out of each operation, under its method and address.
fn sketched(look: impl Fn(&str, &str, &Operation, &Sketch<'_>)) {
    let mut schemas = Schemas::new();
    for (path, operation) in router::contract().operations() {
        let mut sketch = Sketch::new(&mut schemas);
        (operation.sketch)(&mut sketch);
        look(&operation.method.to_uppercase(), path, operation, &sketch);
    }
}

/// Everything that is told of an operation, with its method and address.
fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, operations)| {
        let operations = operations.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let rows = table::rows();
    let operations: BTreeSet<(String, &str)> = router::contract()
        .operations()
        .iter()
        .map(|(path, operation)| (operation.method.to_uppercase(), *path))
        .collect();
    let without_row: Vec<_> = operations
        .iter()
        .filter(|(method, path)| !rows.contains_key(&(method.as_str(), *path)))
        .collect();
    assert!(without_row.is_empty(), "no row in the README: {without_row:#?}");
    let without_operation: Vec<_> = rows
        .keys()
        .filter(|(method, path)| !operations.contains(&((*method).to_owned(), *path)))
        .collect();
    assert!(without_operation.is_empty(), "a row of nothing: {without_operation:#?}");
}

#[test]
fn rows_say_who_may_ask() {
    let rows = table::rows();
    sketched(|method, path, operation, sketch| {
        let who = match (sketch.who, operation.scope) {
            (Who::Everybody, None) => "everybody".to_owned(),
            (Who::Operators, None) => "operators".to_owned(),
            (Who::People | Who::Callers, None) => "session".to_owned(),
            (Who::Callers, Some(scope)) => format!("`{}`", scope.as_str()),
            (who, Some(scope)) => panic!("{method} {path}: {who:?} have no {}", scope.as_str()),
        };
        assert_eq!(rows[&(method, path)].who, who, "{method} {path}");
    });
}

#[test]
fn what_an_address_names_is_taken_out_of_it() {
    sketched(|method, path, _, sketch| {
        let named = path.split(['{', '}']).skip(1).step_by(2).collect::<BTreeSet<_>>();
        let taken = sketch.segments.keys().copied().collect::<BTreeSet<_>>();
        assert_eq!(named, taken, "{method} {path}");
    });
}

/// The names of all fields that an operation reads; none where its row alone names them.
fn read(sketch: &Sketch<'_>) -> Option<BTreeSet<String>> {
    let in_query = sketch.parameters.iter().filter(|parameter| parameter["in"] == "query");
    let mut names: BTreeSet<String> =
        in_query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
    match &sketch.body {
        Some(Asked::Free | Asked::File) => return None,
        Some(Asked::Fields(schema)) => {
            names.extend(schema["properties"].as_object().unwrap().keys().cloned());
        }
        None => {}
    }
    (!sketch.has_free_query).then_some(names)
}

#[test]
fn rows_name_the_fields_that_are_read() {
    let rows = table::rows();
    sketched(|method, path, _, sketch| {
        let row = rows[&(method, path)];
        let named: BTreeSet<String> =
            row.fields().into_iter().map(|field| field.name.to_owned()).collect();
        if let Some(read) = read(sketch) {
            let refers = ["as ", "the same", "filters"].iter().any(|word| row.takes.contains(word));
            if refers {
                assert!(named.is_subset(&read), "{method} {path}: {named:?} of {read:?}");
            } else {
                assert_eq!(named, read, "{method} {path}");
            }
        } else {
            assert!(!named.is_empty(), "{method} {path} needs names of its fields");
        }
    });
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let document = openapi();
    let ids: BTreeSet<&str> =
        operations(&document).map(|(_, it)| it["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations(&document).count());
    assert!(ids.contains("documents.versions.restore"), "{ids:?}");
}

#[test]
fn every_operation_says_what_a_success_is() {
    let document = openapi();
    for (name, operation) in operations(&document) {
        let answers = operation["responses"].as_object().unwrap();
        let is_success =
            |status: &&String| ["1", "2"].iter().any(|begin| status.starts_with(begin));
        assert!(answers.keys().any(|status| is_success(&status)), "{name}");
    }
}

/// Every reference of a part of a document.
fn references<'a>(part: &'a Value, found: &mut BTreeSet<&'a str>) {
    match part {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(reference) if name == "$ref" => {
                        found.insert(reference);
                    }
                    _ => references(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn whatever_is_referred_to_is_there() {
    let document = openapi();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 50, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// A number behind a name is that of another thing of the same name: clients would know neither by it.
#[test]
fn no_two_things_that_are_answered_have_the_same_name() {
    let document = openapi();
    let names = document["components"]["schemas"].as_object().unwrap().keys();
    let numbered: Vec<&String> =
        names.filter(|name| name.ends_with(|c: char| c.is_ascii_digit())).collect();
    assert!(numbered.is_empty(), "give one of each its `#[schemars(rename)]`: {numbered:?}");
}

#[test]
fn the_document_that_is_kept_is_this_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let kept: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let mut kept = kept.as_object().unwrap().clone();
    kept.remove("x-generated");
    assert!(Value::from(kept) == openapi(), "`cargo xtask codegen` writes docs/openapi.json");
}
