//! Colours on a terminal, none elsewhere; and texts of strangers made harmless.

use owo_colors::{OwoColorize as _, Stream, Style};

/// Whether texts get colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paint {
    pub(crate) colours: bool,
}

/// Whether colours are wanted there: on a terminal, unless `NO_COLOR` says otherwise.
pub(crate) fn has_colours(stream: Stream) -> bool {
    "?".if_supports_color(stream, |text| text.red()).to_string() != "?"
}

impl Paint {
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { colours: false };

    pub(crate) fn strong(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    pub(crate) fn event(self, text: &str) -> String {
        self.with(Style::new().cyan(), text)
    }

    pub(crate) fn handler(self, text: &str) -> String {
        self.with(Style::new().magenta(), text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.with(Style::new().green(), text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.with(Style::new().red().bold(), text)
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.colours && !text.is_empty() {
            text.style(style).to_string()
        } else {
            text.to_owned()
        }
    }
}

/// A text that people typed, without anything that would move a terminal's cursor or turn its letters around.
pub(crate) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Zero-width and direction-changing characters.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_typed_cannot_move_the_cursor() {
        assert_eq!(plain("Möbel & Öl 家"), "Möbel & Öl 家");
        assert_eq!(plain("a\u{1b}[2Jb\nc\u{202e}d"), r"a\u{1b}[2Jb\u{a}c\u{202e}d");
    }

    #[test]
    fn without_colours_a_text_stays_as_it_is() {
        assert_eq!(Paint::PLAIN.bad("x"), "x");
        assert_ne!(Paint { colours: true }.bad("x"), "x");
        assert_eq!(Paint { colours: true }.bad(""), "");
    }
}
