//! Letters that would mean something else, written so that they do not.

use std::fmt::Write as _;

use super::spans::{Place, Token};
use crate::domain::inline::Link;

/// The tokens of a block, one behind the other.
pub(super) fn written(tokens: &[Token], place: Place) -> String {
    let mut text = String::with_capacity(tokens.len());
    let mut in_label = place == Place::Label;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Char { is, encoded } => {
                let here = Here { tokens, at, place, in_label };
                if *encoded || here.must_be_encoded(*is) {
                    encode(&mut text, *is);
                } else {
                    if here.must_be_escaped(*is) {
                        text.push('\\');
                    }
                    text.push(*is);
                }
            }
            Token::Delimiter { text: delimiter, .. } => text.push_str(delimiter),
            Token::LinkStart => {
                in_label = true;
                text.push('[');
            }
            Token::LinkEnd(target) => {
                in_label = false;
                text.push_str(&in_place(target, place));
            }
            Token::Atom(atom) => text.push_str(&in_place(atom, place)),
            Token::LineEnd(end) => {
                text.push_str(end);
                // Nothing that is so far from the margin begins a block of HTML.
                if matches!(tokens.get(at + 1), Some(Token::Atom(atom)) if atom.starts_with('<')) {
                    text.push_str("    ");
                }
            }
        }
    }
    text
}

fn encode(text: &mut String, letter: char) {
    write!(text, "&#{};", u32::from(letter)).expect("a string takes everything");
}

/// A bar would end the cell that it stands in.
fn in_place(text: &str, place: Place) -> String {
    if place == Place::Cell { text.replace('|', "\\|") } else { text.to_owned() }
}

/// A letter and what stands around it.
struct Here<'a> {
    tokens: &'a [Token],
    at: usize,
    place: Place,
    /// Whether a bracket would end what it stands in.
    in_label: bool,
}

impl Here<'_> {
    /// The letter at a distance, as far as there are nothing but letters.
    fn letter(&self, distance: isize) -> Option<char> {
        match self.token(distance)? {
            Token::Char { is, .. } => Some(*is),
            Token::Delimiter { .. }
            | Token::LinkStart
            | Token::LinkEnd(_)
            | Token::Atom(_)
            | Token::LineEnd(_) => None,
        }
    }

    fn token(&self, distance: isize) -> Option<&Token> {
        self.tokens.get(self.at.checked_add_signed(distance)?)
    }

    fn begins_a_line(&self) -> bool {
        matches!(self.token(-1), None | Some(Token::LineEnd(_)))
    }

    fn ends_a_line(&self) -> bool {
        matches!(self.token(1), None | Some(Token::LineEnd(_)))
    }

    /// Whether a marker of a list would end here.
    fn is_before_a_space(&self) -> bool {
        self.ends_a_line() || self.letter(1).is_some_and(char::is_whitespace)
    }

    /// Spaces at the ends of a line are lost, and a line cannot end in its midst. A bracket behind a
    /// reference to a footnote makes a link of both, escaped or not.
    fn must_be_encoded(&self, letter: char) -> bool {
        let is_blank = letter.is_whitespace();
        matches!(letter, '\n' | '\r')
            || (is_blank && (self.begins_a_line() || self.ends_a_line()))
            || (letter == '[' && self.is_behind_a_footnote())
    }

    fn is_behind_a_footnote(&self) -> bool {
        matches!(self.token(-1), Some(Token::Atom(atom)) if atom.starts_with("[^"))
    }

    fn must_be_escaped(&self, letter: char) -> bool {
        match letter {
            '\\' | '`' | '*' | '~' | '[' => true,
            ']' => self.in_label,
            '_' => {
                let is_within_a_word = |distance| {
                    self.letter(distance).is_some_and(|letter| letter.is_ascii_alphanumeric())
                };
                !(is_within_a_word(-1) && is_within_a_word(1))
            }
            '<' => self.letter(1).is_some_and(|letter| {
                letter.is_ascii_alphabetic() || matches!(letter, '/' | '!' | '?')
            }),
            '&' => self.begins_a_reference(),
            '!' => match self.token(1) {
                Some(Token::LinkStart) => true,
                Some(Token::Atom(atom)) => atom.starts_with('['),
                Some(
                    Token::Char { .. }
                    | Token::Delimiter { .. }
                    | Token::LinkEnd(_)
                    | Token::LineEnd(_),
                )
                | None => false,
            },
            '|' => self.place == Place::Cell || self.begins_a_line(),
            // One that is escaped keeps all before it from ending the heading.
            '#' => self.begins_a_line() || (self.place == Place::Heading && self.ends_a_line()),
            '-' | '=' | '>' => self.begins_a_line(),
            '+' => self.begins_a_line() && self.is_before_a_space(),
            ':' if self.begins_a_line() => self.letter(1) == Some('-'),
            // Behind a reference to a footnote they would make a definition or a link of it.
            ':' | '(' => self.is_behind_a_footnote(),
            '.' | ')' => self.is_before_a_space() && self.is_behind_a_number(),
            _ => false,
        }
    }

    /// Whether what follows would be read as the name or number of a letter.
    fn begins_a_reference(&self) -> bool {
        let mut distance = if self.letter(1) == Some('#') { 2 } else { 1 };
        let begin = distance;
        while self.letter(distance).is_some_and(|letter| letter.is_ascii_alphanumeric()) {
            distance += 1;
        }
        distance > begin && self.letter(distance) == Some(';')
    }

    /// Whether the line has a number before this, and nothing else.
    fn is_behind_a_number(&self) -> bool {
        let mut distance = -1;
        while self.letter(distance).is_some_and(|letter| letter.is_ascii_digit()) {
            distance -= 1;
        }
        let is_begin = matches!(self.token(distance), None | Some(Token::LineEnd(_)));
        is_begin && distance < -1
    }
}

/// Code in a line, between more backticks than are in it.
pub(super) fn code(text: &str) -> String {
    let text = text.replace('\n', " ");
    let mut fence = 1;
    while text.split(|c| c != '`').any(|run| run.len() == fence) {
        fence += 1;
    }
    let fence = "`".repeat(fence);
    let is_blank = text.chars().all(|c| c == ' ');
    let touches = text.starts_with('`') || text.ends_with('`');
    let is_trimmed = text.starts_with(' ') && text.ends_with(' ') && !is_blank;
    let space = if touches || is_trimmed { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// An image, whose description is plain text.
pub(super) fn image(src: &str, alt: &str, title: &str) -> String {
    let title = Some(title.to_owned()).filter(|title| !title.is_empty());
    let target = target(&Link { href: src.to_owned(), title });
    let letters: Vec<Token> = alt.chars().map(|is| Token::Char { is, encoded: false }).collect();
    format!("![{}{target}", written(&letters, Place::Label))
}

/// The end of a link: where it leads, and what is said of that.
pub(super) fn target(link: &Link) -> String {
    let Link { href, title } = link;
    let mut target = "](".to_owned();
    let is_bare = !href.is_empty()
        && !href.starts_with('<')
        && href.chars().all(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '(' | ')'));
    if is_bare {
        push_plain(&mut target, href, &[]);
    } else {
        target.push('<');
        push_plain(&mut target, href, &['<', '>']);
        target.push('>');
    }
    if let Some(title) = title {
        target.push_str(" \"");
        push_plain(&mut target, title, &['"']);
        target.push('"');
    }
    target.push(')');
    target
}

/// The language of a code block.
pub(super) fn info_string(language: &str) -> String {
    let mut text = String::new();
    push_plain(&mut text, language, &[]);
    text
}

/// Text in which no letter has a meaning but backslashes, references and those that end it.
fn push_plain(target: &mut String, text: &str, ends: &[char]) {
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => encode(target, letter),
            '\\' | '&' => target.extend(['\\', letter]),
            _ if ends.contains(&letter) => target.extend(['\\', letter]),
            _ => target.push(letter),
        }
    }
}
