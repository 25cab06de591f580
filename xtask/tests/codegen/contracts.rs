//! The contracts that are generated are such in the eyes of the official parsers, which run under Node.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use expect_test::{Expect, expect};

use crate::library::Library;

/// The environment variable that says where tests find Node.
const NODE: &str = "PERME8_TEST_NODE";

/// What the parser says, and whether it takes the document; nothing where Node is not.
fn validate(kind: &str, document: &Path) -> Option<(bool, String)> {
    let script = root().join("tests/node/contracts.mjs");
    let output = Command::new(node()?).arg(script).arg(kind).arg(document).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Some((output.status.success(), text(output.stdout) + &text(output.stderr)))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where Node is, or a loud line that the test is left out.
fn node() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests are configured by their environment")]
    let (node, ci) = (std::env::var(NODE).ok(), std::env::var("CI").is_ok_and(|ci| ci == "true"));
    if node.is_none() {
        assert!(!ci, "{NODE} is not set: run the tests with `cargo xtask test`, which finds Node");
        eprintln!(
            "LEFT OUT: a test with an official parser, because {NODE} is not set (cargo xtask test)"
        );
    }
    node
}

#[test]
fn the_asyncapi_document_of_this_workspace_is_one() {
    let Some((passed, said)) = validate("asyncapi", &root().join("docs/asyncapi.json")) else {
        return;
    };
    assert!(passed, "{said}");
}

#[test]
fn the_openapi_document_of_this_workspace_is_one() {
    let Some((passed, said)) = validate("openapi", &root().join("docs/openapi.json")) else {
        return;
    };
    assert!(passed, "{said}");
}

/// The document of the HTTP edge, in which one text was put in the place of another, is refused because of this.
fn refuses_openapi(from: &str, to: &str, because: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    let text = fs::read_to_string(root().join("docs/openapi.json")).unwrap();
    assert!(text.contains(from), "it does not contain {from}");
    fs::write(&file, text.replacen(from, to, 1)).unwrap();
    let Some((passed, said)) = validate("openapi", &file) else { return };
    assert!(!passed && said.contains(because), "{said}");
}

#[test]
fn an_openapi_document_that_is_none_is_refused() {
    refuses_openapi("\"in\": \"path\"", "\"in\": \"nowhere\"", "/parameters/");
}

#[test]
fn a_reference_that_leads_nowhere_is_refused() {
    let schemas = "\"#/components/schemas/";
    refuses_openapi(schemas, &format!("{schemas}No"), "Can't resolve #/components/schemas/No");
}

/// What the parser says of the document of a small workspace in which one text was put in the place of another.
fn refuses(from: &str, to: &str, expected: &Expect) {
    let library = Library::documented();
    let file = library.path("docs/asyncapi.json");
    let Some((passed, said)) = validate("asyncapi", &file) else { return };
    assert!(passed, "{said}");
    library.swap("docs/asyncapi.json", from, to);
    let (passed, said) = validate("asyncapi", &file).unwrap();
    expected.assert_eq(&said);
    assert!(!passed);
}

#[test]
fn a_document_that_is_none_is_refused() {
    refuses(
        "\"action\": \"send\"",
        "\"action\": \"shout\"",
        &expect![[r#"
            operations.send.all.action: "action" property must be equal to one of the allowed values: "send", "receive"
            this is no document
        "#]],
    );
}

#[test]
fn an_example_that_is_none_is_refused() {
    refuses(
        "\"is_public\": true",
        "\"is_public\": \"perhaps\"",
        &expect![[r"
        the example of lending.book_lent: it/data/is_public must be boolean
    "]],
    );
}
