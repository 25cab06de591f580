//! How many tests ran, as the runners tell it.

/// The number of tests in the report of nextest (JUnit): the attribute of the root element.
pub(crate) fn of_junit(report: &str) -> Option<usize> {
    let (_, root) = report.split_once("<testsuites ")?;
    let (attributes, _) = root.split_once('>')?;
    let (_, count) =
        attributes.split_once(" tests=\"").or_else(|| attributes.split_once("tests=\""))?;
    count.split_once('"')?.0.parse().ok()
}

/// The tests that one line of `cargo test` reports, 0 for most lines.
pub(crate) fn of_libtest(line: &str) -> usize {
    let Some((_, counts)) = line.split_once("test result: ") else { return 0 };
    let Some((_, counts)) = counts.split_once(". ") else { return 0 };
    counts
        .split("; ")
        .filter_map(|count| count.split_once(' '))
        .filter(|(_, what)| matches!(*what, "passed" | "failed"))
        .filter_map(|(count, _)| count.parse::<usize>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_tells_the_number_in_its_report() {
        let report = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="31" failures="1" errors="0" uuid="4f" time="0.5">
    <testsuite name="xtask" tests="3" disabled="0" errors="0" failures="1">"#;
        assert_eq!(of_junit(report), Some(31));
        assert_eq!(of_junit("<testsuites>"), None);
    }

    #[test]
    fn libtest_tells_the_number_at_the_end_of_each_program() {
        let line = "test result: FAILED. 11 passed; 2 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(of_libtest(line), 13);
        assert_eq!(of_libtest("test counts::tests::it ... ok"), 0);
    }
}
