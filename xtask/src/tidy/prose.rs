//! Habits of every Markdown file.

use std::path::Path;

use super::finding::Finding;

/// Looks at one file.
pub(super) fn check(path: &Path, text: &str) -> Vec<Finding> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| line.ends_with([' ', '\t']))
        .map(|(at, _)| {
            let what = "the line ends in a blank";
            Finding::error(
                "trailing-blank",
                path,
                at + 1,
                what,
                "delete it; `\\` breaks a line where it must",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::finding::in_short, *};

    #[test]
    fn no_line_ends_in_a_blank() {
        let findings = check(Path::new("README.md"), "# perme8\n\nWords. \nMore words.\n");
        assert_eq!(
            in_short(&findings),
            "error[trailing-blank] README.md:3: the line ends in a blank\n"
        );
    }
}
