//! What sessions are called.

/// A title is no longer than that.
pub(crate) const LONGEST_TITLE: usize = 255;

/// One that is made of what was said first is no longer than that.
const LONGEST_AUTOMATIC: usize = 50;

/// What stands in the place of what does not fit.
const CUT: &str = "...";

/// The first line of what was said, cut where it is long.
pub(crate) fn automatic(said: &str) -> String {
    let line = said.trim().lines().next().unwrap_or_default();
    shortened(line.trim_end(), LONGEST_AUTOMATIC)
}

/// At most so many characters of a text, with what says that there are more.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - CUT.len()).chain(CUT.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_and_no_longer_than_fifty_characters() {
        assert_eq!(automatic("\n  How do mills work? \nI mean, really."), "How do mills work?");
        let fifty = "ä".repeat(50);
        assert_eq!(automatic(&fifty), fifty);
        assert_eq!(automatic(&format!("{fifty}ä")), format!("{}...", "ä".repeat(47)));
    }
}
