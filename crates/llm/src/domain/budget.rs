//! How much is said to a model: tokens, counted roughly, because each model counts in a way of its own.

/// How many tokens a text is, about: four ASCII characters, two letters of most other alphabets or one sign of the rest each.
#[must_use]
pub fn estimated_tokens(text: &str) -> usize {
    let mut tally = Tally::default();
    tally.add(text);
    tally.tokens()
}

/// Counts the tokens of a text that comes in pieces.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    quarters: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, piece: &str) {
        self.quarters += piece.chars().map(quarters).sum::<usize>();
    }

    pub(crate) fn tokens(self) -> usize {
        self.quarters.div_ceil(4)
    }
}

/// Quarters of a token that a character is.
fn quarters(c: char) -> usize {
    match c.len_utf8() {
        1 => 1,
        2 => 2,
        _ => 4,
    }
}

/// A number of tokens that texts are fitted into, one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    left: usize,
}

impl Budget {
    /// So many tokens.
    #[must_use]
    pub const fn of(tokens: usize) -> Self {
        Self { left: tokens }
    }

    /// How many are left.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left
    }

    /// Takes the whole text if there is room for it; nothing otherwise.
    #[must_use]
    pub fn take(&mut self, text: &str) -> bool {
        match self.left.checked_sub(estimated_tokens(text)) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// Takes as much of the beginning of a text as there is room for, in whole characters.
    #[must_use]
    pub fn cut<'a>(&mut self, text: &'a str) -> &'a str {
        let room = self.left.saturating_mul(4);
        let mut used = 0;
        let end = text.char_indices().find_map(|(index, c)| {
            used += quarters(c);
            (used > room).then_some(index)
        });
        let kept = end.map_or(text, |end| &text[..end]);
        self.left -= estimated_tokens(kept);
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted_by_how_much_a_character_says() {
        let counts = ["", "a", "abcd", "abcde", "äöü", "漢字", "🦀"].map(estimated_tokens);
        assert_eq!(counts, [0, 1, 1, 2, 2, 2, 1]);
    }

    #[test]
    fn texts_are_taken_whole_or_cut_between_characters() {
        let mut budget = Budget::of(3);
        assert!(budget.take("abcd"));
        assert!(!budget.take("abcd abcd"));
        assert_eq!(budget.left(), 2);
        assert_eq!(budget.cut("漢字漢字"), "漢字");
        assert_eq!(budget.left(), 0);
        assert_eq!(budget.cut("a"), "");
        assert_eq!(Budget::of(usize::MAX).cut("as it is"), "as it is");
    }
}
