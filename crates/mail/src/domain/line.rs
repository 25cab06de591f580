//! Texts that fit into a header.

/// One line of at most `max` characters: what would break a header becomes a blank, and what is too long is cut.
///
/// A mail is better sent with a shortened subject than not at all, so nothing is refused here.
pub(crate) fn line(text: &str, max: usize) -> String {
    let blank =
        |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}');
    let words: Vec<&str> = text.split(blank).filter(|word| !word.is_empty()).collect();
    cut(&words.join(" "), max)
}

/// At most `max` characters, the last of which then says that there was more.
pub(crate) fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(max.saturating_sub(1)).collect();
    kept.truncate(kept.trim_end().len());
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_header_becomes_a_blank() {
        assert_eq!(line("Hello\r\nBcc: eve@example.com", 99), "Hello Bcc: eve@example.com");
        assert_eq!(line(" a\tb\u{0}c\u{85}d\u{2028}e  f ", 99), "a b c d e f");
    }

    #[test]
    fn what_is_too_long_is_cut_in_characters() {
        assert_eq!(line("äöüß", 4), "äöüß");
        assert_eq!(line("äöüßx", 4), "äöü…");
        assert_eq!(line("ab cd", 4), "ab…");
        assert_eq!(line("abc", 0), "…");
    }
}
