//! Habits of every Rust file.

use std::path::Path;

use super::{finding::Finding, lexed::Lexed};

const LONG: usize = 400;
const TOO_LONG: usize = 800;

/// Looks at one file.
pub(super) fn check(path: &Path, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !says_what_for(text) {
        let what = "the file does not say what it is for";
        let help = "start it with one sentence: `//! …`";
        findings.push(Finding::error("module-comment", path, 1, what, help));
    }
    if path.ends_with("mod.rs") {
        let help = "name it after its folder and put it beside that: `foo.rs` and `foo/`";
        findings.push(Finding::error("mod-rs", path, 1, "a module is called mod.rs", help));
    }
    findings.extend(length(path, text));

    let lexed = Lexed::new(text);
    let tests = test_lines(path, &lexed.code);
    for (at, (code, comment)) in lexed.code.lines().zip(lexed.comments.lines()).enumerate() {
        let line = at + 1;
        let error = |rule, what: &str, help| Finding::error(rule, path, line, what, help);
        findings.extend(code_habits(code, error));
        findings.extend(unfinished(code, comment, error));
        if tests.get(at) == Some(&true) && words(code).any(|(word, rest)| is_sleeping(word, rest)) {
            let help = "wait for what should happen: `wait_until`, or virtual time";
            findings.push(error("sleep", "a test sleeps", help));
        }
    }
    findings
}

/// A crate may also say it with its README.
fn says_what_for(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let sentence = first.strip_prefix("//!").is_some_and(|sentence| !sentence.trim().is_empty());
    sentence || first.starts_with("#![doc = include_str!(")
}

fn length(path: &Path, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    let what = format!("{lines} lines, and {LONG} are enough");
    let finding =
        Finding::error("file-length", path, lines, what, "split it by what its parts are for");
    match lines {
        0..=LONG => None,
        _ if lines <= TOO_LONG => Some(finding.into_warning()),
        _ => Some(finding),
    }
}

fn code_habits(
    code: &str,
    error: impl Fn(&'static str, &str, &'static str) -> Finding,
) -> impl Iterator<Item = Finding> {
    let squeezed: String = code.split_whitespace().collect();
    let has = |word: &str| words(code).any(|(found, _)| found == word);
    [
        (squeezed.contains("#[allow(") || squeezed.contains("#![allow(")).then(|| {
            let help = "`#[expect(…, reason = \"…\")]` goes away by itself when it is not needed";
            error("allow", "a lint is allowed", help)
        }),
        squeezed.contains("#[ignore").then(|| {
            error("ignored-test", "a test is ignored", "repair it, or delete it: nobody runs it")
        }),
        has("should_panic").then(|| {
            let help = "assert what is returned; a panic has no type";
            error("should-panic", "a test expects a panic", help)
        }),
        (squeezed.contains("usecrateas") && has("as")).then(|| {
            let help = "write `crate::` where it is meant; the boundary check reads paths";
            error("crate-alias", "the crate gets a second name", help)
        }),
    ]
    .into_iter()
    .flatten()
}

fn unfinished(
    code: &str,
    comment: &str,
    error: impl Fn(&'static str, &str, &'static str) -> Finding,
) -> Option<Finding> {
    let macros = words(code).find(|(word, rest)| {
        matches!(*word, "todo" | "unimplemented")
            && rest.starts_with('!')
            && !rest.starts_with("!=")
    });
    let marks = words(comment).find(|(word, _)| matches!(*word, "TODO" | "FIXME" | "XXX"));
    let (word, _) = macros.or(marks)?;
    let help = "finish it, or write an issue and leave the mark out";
    Some(error("unfinished", &format!("`{word}` marks something unfinished"), help))
}

fn is_sleeping(word: &str, rest: &str) -> bool {
    matches!(word, "sleep" | "sleep_ms" | "sleep_until") && rest.trim_start().starts_with('(')
}

/// Each word of a line, with what follows it.
fn words(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let is_letter = |character: char| character.is_alphanumeric() || character == '_';
        let word = &rest[rest.find(is_letter)?..];
        let (word, after) =
            word.split_at(word.find(|character| !is_letter(character)).unwrap_or(word.len()));
        rest = after;
        Some((word, after))
    })
}

/// Which lines belong to tests: all of a test tree, and modules under `#[cfg(test)]`.
fn test_lines(path: &Path, code: &str) -> Vec<bool> {
    let is_in = |name: &str| path.components().any(|part| part.as_os_str() == name);
    let is_test_tree = (is_in("tests") || path.ends_with("tests.rs")) && !is_in("benches");
    let mut lines = vec![is_test_tree; code.lines().count()];
    let mut from = 0;
    while let Some(at) = code[from..].find("#[cfg(test)]").map(|at| from + at) {
        let Some((start, end)) = block_after(code, at) else { break };
        let line_of = |at: usize| code[..at].matches('\n').count();
        lines[line_of(start)..=line_of(end)].fill(true);
        from = end;
    }
    lines
}

/// The braces after a position; `(at, at)` of a semicolon when that comes first.
fn block_after(code: &str, from: usize) -> Option<(usize, usize)> {
    let start = from + code[from..].find(['{', ';'])?;
    let mut depth = 0_usize;
    for (at, character) in code[start..].char_indices() {
        match character {
            ';' if depth == 0 => return Some((start, start)),
            '{' => depth += 1,
            '}' if depth == 1 => return Some((start, start + at)),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{super::finding::in_short, *};

    #[expect(clippy::needless_pass_by_value, reason = "a snapshot is written where it is used")]
    fn check_file(path: &str, text: &str, expected: Expect) {
        expected.assert_eq(&in_short(&check(Path::new(path), text)));
    }

    #[test]
    fn a_tidy_file_gives_no_finding() {
        let text = "//! Slugs.\n\n/// Not `todo!()` but done; see \"TODO\" in no other place.\n";
        check_file("crates/x/src/slug.rs", &text.replace("see \"TODO\" in", "in"), expect![[""]]);
    }

    #[test]
    fn a_file_says_what_it_is_for_before_anything_else() {
        check_file(
            "a.rs",
            "use std::fs;\n//! Late.\n",
            expect![[r"
            error[module-comment] a.rs:1: the file does not say what it is for
        "]],
        );
        check_file(
            "a.rs",
            "//!\n//! Late.\n",
            expect![[r"
            error[module-comment] a.rs:1: the file does not say what it is for
        "]],
        );
    }

    #[test]
    fn no_module_is_called_mod_rs() {
        check_file(
            "crates/x/src/domain/mod.rs",
            "//! Domain.\n",
            expect![[r"
            error[mod-rs] crates/x/src/domain/mod.rs:1: a module is called mod.rs
        "]],
        );
    }

    #[test]
    fn a_long_file_warns_and_a_longer_one_fails() {
        let lines = |count: usize| format!("//! Long.\n{}", "\n".repeat(count - 1));
        check_file("a.rs", &lines(400), expect![[""]]);
        check_file(
            "a.rs",
            &lines(401),
            expect![[r"
            warning[file-length] a.rs:401: 401 lines, and 400 are enough
        "]],
        );
        check_file(
            "a.rs",
            &lines(801),
            expect![[r"
            error[file-length] a.rs:801: 801 lines, and 400 are enough
        "]],
        );
    }

    #[test]
    fn a_lint_is_never_allowed() {
        let text =
            "//! Lints.\n#![allow(dead_code)]\n# [ allow (unused)]\nlet x = \"#[allow(x)]\";\n";
        check_file(
            "a.rs",
            text,
            expect![[r"
            error[allow] a.rs:2: a lint is allowed
            error[allow] a.rs:3: a lint is allowed
        "]],
        );
    }

    #[test]
    fn nothing_is_left_unfinished() {
        let text = "//! Marks.\nfn f() { todo!() }\n// FIXME: soon\nfn g() { unimplemented!(\"x\") }\n\
                    let todo = todo != 1;\nlet text = \"TODO\"; // mastodon\n";
        check_file(
            "a.rs",
            text,
            expect![[r"
            error[unfinished] a.rs:2: `todo` marks something unfinished
            error[unfinished] a.rs:3: `FIXME` marks something unfinished
            error[unfinished] a.rs:4: `unimplemented` marks something unfinished
        "]],
        );
    }

    #[test]
    fn tests_are_neither_ignored_nor_expected_to_panic() {
        let text = "//! Tests.\n#[ignore = \"slow\"]\n#[should_panic(expected = \"x\")]\n";
        check_file(
            "a.rs",
            text,
            expect![[r"
            error[ignored-test] a.rs:2: a test is ignored
            error[should-panic] a.rs:3: a test expects a panic
        "]],
        );
    }

    #[test]
    fn the_crate_has_one_name() {
        check_file(
            "a.rs",
            "//! Names.\nuse crate as me;\nuse crate::assets;\n",
            expect![[r"
            error[crate-alias] a.rs:2: the crate gets a second name
        "]],
        );
    }

    #[test]
    fn no_test_sleeps() {
        let text = "//! Waits.\nfn product() { sleep(1) }\n#[cfg(test)]\nuse x;\n#[cfg(test)]\nmod tests {\n\
                    fn a() { if x { tokio::time::sleep(y).await } }\n}\nfn more() { sleep(1) }\n";
        check_file(
            "crates/x/src/a.rs",
            text,
            expect![[r"
            error[sleep] crates/x/src/a.rs:7: a test sleeps
        "]],
        );
        let text = "//! Waits.\nfn a() { std::thread::sleep(x); asleep(); sleep }\n";
        check_file(
            "crates/x/tests/it/main.rs",
            text,
            expect![[r"
            error[sleep] crates/x/tests/it/main.rs:2: a test sleeps
        "]],
        );
        check_file("tests/benches/latency.rs", text, expect![[""]]);
    }
}
