//! Graphs of workspaces that go into files and come out of them again, by the command line.

use serde_json::{Value, json};

use crate::program::{Home, Ran};

const SCHEMA: &str = r#"{"schema": {"entity_types": [{"name": "Person", "properties": [{"name": "name", "type": "string", "required": true}]}], "edge_types": [{"name": "KNOWS"}]}}"#;

/// A home in which a company has had its morning, without a graph.
fn after_a_morning() -> Home {
    let home = Home::new();
    home.run("demo --fast --database sqlite:./data/perme8.db").succeeds();
    home
}

impl Home {
    /// A file in the folder.
    fn write(&self, name: &str, lines: &[&str]) {
        std::fs::write(self.path().join(name), lines.join("\n")).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Takes over a file, for somebody of the company.
    fn import(&self, file: &str, member: &str, more: &str) -> Ran {
        let line =
            format!("erm import lumen-oak {file} --as {member}@lumen-oak.example {more} --json");
        self.run(&line)
    }
}

fn people(names: std::ops::Range<usize>) -> Vec<String> {
    names
        .map(|number| {
            let properties = json!({ "name": format!("Person {number}") });
            let id = format!("p{number}");
            json!({ "entity": { "id": id, "type": "Person", "external_key": id, "properties": properties } })
                .to_string()
        })
        .collect()
}

fn counts(report: &Value) -> [&Value; 4] {
    [
        &report["entities"]["created"],
        &report["entities"]["updated"],
        &report["edges"]["created"],
        &report["failed"],
    ]
}

#[test]
fn a_graph_goes_into_a_file_and_comes_out_of_it() {
    let home = after_a_morning();
    let people = people(0..3);
    let edge = r#"{"edge": {"type": "KNOWS", "source_id": "p0", "target_id": "p1"}}"#;
    let lines: Vec<&str> =
        [SCHEMA].into_iter().chain(people.iter().map(String::as_str)).chain([edge]).collect();
    home.write("graph.jsonl", &lines);
    let tried = home.import("graph.jsonl", "ada", "--dry-run").succeeds().json();
    assert_eq!(
        (&tried["dry_run"], counts(&tried)),
        (&json!(true), [3, 0, 1, 0].map(Value::from).each_ref())
    );
    let report = home.import("graph.jsonl", "ada", "").succeeds().json();
    assert_eq!(counts(&report), [3, 0, 1, 0].map(Value::from).each_ref());
    assert_eq!(report["schema"], "created");
    let again = home.import("graph.jsonl", "ada", "").succeeds().json();
    assert_eq!(counts(&again), [0, 3, 1, 0].map(Value::from).each_ref());
    assert_eq!(again["schema"], "kept");

    let printed = home.run("erm export lumen-oak").succeeds().json_lines();
    assert_eq!(printed.len(), 1 + 3 + 2);
    assert_eq!(printed[1]["entity"]["properties"]["name"], "Person 0");
    home.run("erm export lumen-oak --format graphml --output graph.graphml").succeeds();
    let document = home.read("graph.graphml");
    assert_eq!((document.matches("<node ").count(), document.matches("<edge ").count()), (3, 2));
    // What its name ends with says what a file is.
    let read = home.import("graph.graphml", "ada", "--dry-run").succeeds().json();
    assert_eq!(counts(&read), [0, 3, 2, 0].map(Value::from).each_ref());
    let said = home.run("erm import lumen-oak graph.jsonl --as ada@lumen-oak.example --dry-run");
    assert!(said.succeeds().stdout.starts_with("would be imported: 0 entities created, 3 updated"));
}

#[test]
fn what_cannot_be_taken_over_is_told_by_the_exit_code_too() {
    let home = after_a_morning();
    let wrong = r#"{"entity": {"type": "Person", "properties": {}}}"#;
    home.write("some.jsonl", &[SCHEMA, wrong, "nonsense"]);
    let ran = home.import("some.jsonl", "ada", "");
    assert_eq!(ran.code, 1);
    let report = ran.json();
    assert_eq!((&report["failed"], &report["errors"][0]["line"]), (&json!(2), &json!(2)));
    // What is there already does not help a file that has none before its first entity.
    home.write("cut.graphml", &["<graphml><graph><node id=\"1\">"]);
    let ran = home.import("cut.graphml", "ada", "");
    let message = &ran.json()["errors"][0]["message"];
    assert_eq!((ran.code, message), (1, &json!("the document ends before its elements do")));
}

#[test]
fn who_may_not_is_told_why() {
    let home = after_a_morning();
    home.write("graph.jsonl", &[SCHEMA]);
    for (line, says) in [
        ("erm export nowhere", "there is no workspace `nowhere`"),
        ("erm import nowhere graph.jsonl --as ada@lumen-oak.example", "there is no workspace"),
        ("erm import lumen-oak graph.jsonl --as eve@example.com", "no member of the workspace has"),
        (
            "erm import lumen-oak none.jsonl --as ada@lumen-oak.example",
            "`none.jsonl` cannot be read",
        ),
    ] {
        let ran = home.run(line).fails_with(1);
        assert!(ran.stderr.contains(says), "{line}: {}", ran.stderr);
    }
    let ran = home.run("erm import lumen-oak graph.jsonl").fails_with(2);
    assert!(ran.stderr.contains("--as"), "{}", ran.stderr);
}
