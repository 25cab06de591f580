//! Files that are written by a program and kept in the repository.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context as _;
use serde_json::{Map, Value};

/// Files by their paths in the workspace, with what they should contain.
pub(crate) type Files = BTreeMap<String, String>;

/// Those of the files that are missing or differ.
pub(crate) fn stale(root: &Path, files: Files) -> Files {
    let is_stale =
        |file: &str, text: &String| fs::read_to_string(root.join(file)).ok().as_ref() != Some(text);
    files.into_iter().filter(|(file, text)| is_stale(file, text)).collect()
}

/// Writes the files, and says so.
pub(crate) fn write(root: &Path, files: &Files) -> anyhow::Result<()> {
    for (file, text) in files {
        let path = root.join(file);
        let folder = path.parent().expect("a file of the workspace is in a folder");
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(&path, text).with_context(|| format!("cannot write {file}"))?;
        eprintln!("wrote {file}");
    }
    Ok(())
}

/// How a file differs from what it should contain, up to the first line that does.
pub(crate) fn difference(root: &Path, file: &str, text: &str) -> String {
    let Ok(found) = fs::read_to_string(root.join(file)) else {
        return format!("{file} is not there");
    };
    let (found, wanted) = (found.lines(), text.lines());
    let pairs = found.map(Some).chain(std::iter::repeat(None));
    let pairs = pairs.zip(wanted.map(Some).chain([None]));
    let first = pairs.enumerate().find(|(_, (found, wanted))| found != wanted);
    let Some((index, (found, wanted))) = first else {
        return format!("{file} ends otherwise than it should");
    };
    let shown =
        |line: Option<&str>| line.map_or("  (the end)".to_owned(), |line| format!("  {line}"));
    format!(
        "{file}:{} differs; it has\n{}\nand should have\n{}",
        index + 1,
        shown(found),
        shown(wanted)
    )
}

/// JSON as it is kept in the repository: the names of fields in order, whatever built this program.
pub(crate) fn json(value: &Value) -> anyhow::Result<String> {
    let text = serde_json::to_string_pretty(&sorted(value)).context("JSON cannot be written")?;
    Ok(format!("{text}\n"))
}

/// The same value with the fields of every object in the order of their names.
pub(crate) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, Value> =
                fields.iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(fields.into_iter().map(|(name, value)| (name.clone(), value)).collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// An object whose own fields stand in this order, and everything within them in the order of their names.
pub(crate) fn json_in_order(object: &Map<String, Value>, order: &[&str]) -> anyhow::Result<String> {
    let mut names: Vec<&String> = object.keys().collect();
    let place = |name: &str| order.iter().position(|known| *known == name).unwrap_or(order.len());
    names.sort_by(|one, other| (place(one), one).cmp(&(place(other), other)));
    let field = |name: &String| -> anyhow::Result<String> {
        let text = json(&object[name.as_str()])?;
        let text = text.trim_end().replace('\n', "\n  ");
        Ok(format!("  {}: {text}", Value::from(name.as_str())))
    };
    let fields: Vec<String> = names.into_iter().map(field).collect::<anyhow::Result<_>>()?;
    Ok(format!("{{\n{}\n}}\n", fields.join(",\n")))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn check(found: Option<&str>, expected: &Expect) {
        let folder = tempfile::tempdir().unwrap();
        if let Some(found) = found {
            fs::write(folder.path().join("a.md"), found).unwrap();
        }
        expected.assert_eq(&difference(folder.path(), "a.md", "one\ntwo\n"));
    }

    #[test]
    fn the_first_line_that_differs_is_shown() {
        check(None, &expect!["a.md is not there"]);
        check(
            Some("one\nthree\n"),
            &expect![[r"
                a.md:2 differs; it has
                  three
                and should have
                  two"]],
        );
        check(
            Some("one\n"),
            &expect![[r"
                a.md:2 differs; it has
                  (the end)
                and should have
                  two"]],
        );
        check(
            Some("one\ntwo\nthree\n"),
            &expect![[r"
                a.md:3 differs; it has
                  three
                and should have
                  (the end)"]],
        );
        check(Some("one\ntwo"), &expect!["a.md ends otherwise than it should"]);
    }

    #[test]
    fn files_are_stale_until_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::from([("docs/a.md".to_owned(), "one\n".to_owned())]);
        assert_eq!(stale(folder.path(), files.clone()), files);
        write(folder.path(), &files).unwrap();
        assert_eq!(stale(folder.path(), files), Files::new());
    }

    #[test]
    fn fields_are_sorted_within_an_order_of_one_s_own() {
        let value = json!({ "b": { "d": [{ "f": 1, "e": 2 }], "c": null }, "a": 0, "z": 1 });
        expect![[r#"
            {
              "z": 1,
              "a": 0,
              "b": {
                "c": null,
                "d": [
                  {
                    "e": 2,
                    "f": 1
                  }
                ]
              }
            }
        "#]]
        .assert_eq(&json_in_order(value.as_object().unwrap(), &["z"]).unwrap());
    }
}
