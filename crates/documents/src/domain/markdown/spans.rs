//! The content of a block as Markdown: which marks begin and end where, and what must be written otherwise so that they do.

use super::escape;
use crate::domain::inline::{Inline, Inlines, Link, Marks};

/// The content of a paragraph, with a line for each that ends in it.
pub(super) fn paragraph(content: &Inlines) -> String {
    escape::written(&tokens(content, Place::Paragraph), Place::Paragraph)
}

/// The content of a heading: one line.
pub(super) fn heading(content: &Inlines) -> String {
    escape::written(&tokens(content, Place::Heading), Place::Heading)
}

/// The content of a cell of a table: one line, in which a bar is escaped.
pub(super) fn cell(content: &Inlines) -> String {
    escape::written(&tokens(content, Place::Cell), Place::Cell)
}

/// Where a text stands, which decides on what has a meaning in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Paragraph,
    Heading,
    Cell,
    /// The description of an image.
    Label,
}

/// A piece of Markdown that is written as a whole.
#[derive(Debug)]
pub(super) enum Token {
    /// A letter, which is escaped if it would mean something else.
    Char { is: char, encoded: bool },
    /// The beginning or end of a mark.
    Delimiter { text: &'static str, opens: bool },
    /// The beginning of a link.
    LinkStart,
    /// The end of a link: where it leads.
    LinkEnd(String),
    /// What has its own rules: code, images, HTML, references.
    Atom(String),
    /// The end of a line.
    LineEnd(&'static str),
}

/// How a token looks from outside, which decides whether a delimiter beside it is one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Space,
    Punctuation,
    Letter,
    /// Readers of Markdown do not agree on it.
    Unclear,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Mark {
    Link(Link),
    Strong,
    Emphasis,
    Strike,
}

impl Mark {
    /// All marks but code, which is part of what it marks.
    fn all(marks: &Marks) -> Vec<Self> {
        let Marks { strong, emphasis, strike, code: _, link } = marks;
        let link = link.clone().map(Self::Link);
        let simple =
            [(*strong, Self::Strong), (*emphasis, Self::Emphasis), (*strike, Self::Strike)];
        let simple = simple.into_iter().filter_map(|(is_set, mark)| is_set.then_some(mark));
        link.into_iter().chain(simple).collect()
    }

    fn is_in(&self, marks: &Marks) -> bool {
        match self {
            Self::Link(link) => marks.link.as_ref() == Some(link),
            Self::Strong => marks.strong,
            Self::Emphasis => marks.emphasis,
            Self::Strike => marks.strike,
        }
    }
}

fn tokens(content: &Inlines, place: Place) -> Vec<Token> {
    let content = content.as_slice();
    let marks = surrounding_marks(content);
    let mut spans = Spans::default();
    for (at, inline) in content.iter().enumerate() {
        spans.change_to(&marks[at..]);
        spans.content(inline, place);
    }
    spans.close(0);
    let mut tokens = spans.tokens;
    // What an encoded letter changes is outside of its mark: behind it at an end, before it at a
    // beginning. So once in each direction is enough.
    let all = 0..tokens.len();
    all.clone().for_each(|at| encode_beside(&mut tokens, at));
    all.rev().for_each(|at| encode_beside(&mut tokens, at));
    tokens
}

/// The marks of everything: what has none of its own has those that the texts around it share.
fn surrounding_marks(content: &[Inline]) -> Vec<Marks> {
    let of_text = |inline: &Inline| match inline {
        Inline::Text(_, marks) => Some(Marks { code: false, ..marks.clone() }),
        Inline::Image { .. }
        | Inline::Html(_)
        | Inline::Break
        | Inline::SoftBreak
        | Inline::FootnoteReference(_) => None,
    };
    let mut before = Marks::default();
    let mut after: Vec<Option<Marks>> = content.iter().map(of_text).collect();
    for at in (0..after.len().saturating_sub(1)).rev() {
        if after[at].is_none() {
            let (here, behind) = after.split_at_mut(at + 1);
            here[at].clone_from(&behind[0]);
        }
    }
    let mark = |(inline, after): (&Inline, Option<Marks>)| {
        if let Some(own) = of_text(inline) {
            before = own.clone();
            return own;
        }
        let Marks { strong, emphasis, strike, code: _, link } = after.unwrap_or_default();
        let is_reference = matches!(inline, Inline::FootnoteReference(_));
        Marks {
            strong: strong && before.strong,
            emphasis: emphasis && before.emphasis,
            strike: strike && before.strike,
            code: false,
            link: link.filter(|link| !is_reference && before.link.as_ref() == Some(link)),
        }
    };
    content.iter().zip(after).map(mark).collect()
}

#[derive(Default)]
struct Spans {
    tokens: Vec<Token>,
    /// The open marks, with the delimiters that close them.
    open: Vec<(Mark, &'static str)>,
}

impl Spans {
    /// Closes and opens marks, so that those of the first are open; what lasts longest is outside.
    fn change_to(&mut self, marks: &[Marks]) {
        let [here, after @ ..] = marks else { return };
        let kept = self.open.iter().position(|(mark, _)| !mark.is_in(here));
        self.close(kept.unwrap_or(self.open.len()));
        let mut missing: Vec<(usize, Mark)> = Mark::all(here)
            .into_iter()
            .filter(|mark| self.open.iter().all(|(open, _)| open != mark))
            .map(|mark| (after.iter().take_while(|marks| mark.is_in(marks)).count(), mark))
            .collect();
        missing.sort_by_key(|(lasts, _)| std::cmp::Reverse(*lasts));
        for (_, mark) in missing {
            self.open(mark);
        }
    }

    fn open(&mut self, mark: Mark) {
        let delimiter = match mark {
            Mark::Link(_) => {
                self.tokens.push(Token::LinkStart);
                self.open.push((mark, ""));
                return;
            }
            Mark::Strike => "~~",
            // Two delimiters of one character that touch would be one.
            Mark::Strong if self.is_beside_a_star() => "__",
            Mark::Strong => "**",
            Mark::Emphasis if self.is_beside_a_star() => "_",
            Mark::Emphasis => "*",
        };
        self.tokens.push(Token::Delimiter { text: delimiter, opens: true });
        self.open.push((mark, delimiter));
    }

    fn is_beside_a_star(&self) -> bool {
        let is_star = |text: &str| text.starts_with('*');
        let touches = matches!(
            self.tokens.last(), Some(Token::Delimiter { text, .. }) if is_star(text)
        );
        touches || self.open.iter().any(|(_, delimiter)| is_star(delimiter))
    }

    /// Closes all marks but the outermost so many.
    fn close(&mut self, kept: usize) {
        while self.open.len() > kept {
            let Some((mark, text)) = self.open.pop() else { return };
            self.tokens.push(match mark {
                Mark::Link(link) => Token::LinkEnd(escape::target(&link)),
                Mark::Strong | Mark::Emphasis | Mark::Strike => {
                    Token::Delimiter { text, opens: false }
                }
            });
        }
    }

    fn content(&mut self, inline: &Inline, place: Place) {
        let is_one_line = place != Place::Paragraph;
        let token = match inline {
            Inline::Text(text, marks) if marks.code => Token::Atom(escape::code(text)),
            Inline::Text(text, _) => {
                let letters = text.chars().map(|is| Token::Char { is, encoded: false });
                self.tokens.extend(letters);
                return;
            }
            Inline::Image { src, alt, title } => Token::Atom(escape::image(src, alt, title)),
            Inline::Html(html) if is_one_line => Token::Atom(html.replace('\n', " ")),
            Inline::Html(html) => Token::Atom(html.clone()),
            Inline::Break if is_one_line => Token::Atom("<br />".to_owned()),
            Inline::Break => Token::LineEnd("\\\n"),
            Inline::SoftBreak if is_one_line => Token::Char { is: ' ', encoded: false },
            Inline::SoftBreak => Token::LineEnd("\n"),
            Inline::FootnoteReference(label) => Token::Atom(format!("[^{label}]")),
        };
        self.tokens.push(token);
    }
}

/// Encodes the letters that keep a delimiter from being one.
///
/// A delimiter opens unless a space follows, and if punctuation follows, only behind a space or
/// punctuation; `_` opens behind those alone. Closing is the same in a mirror. An encoded letter
/// begins and ends with punctuation.
fn encode_beside(tokens: &mut [Token], at: usize) {
    let Token::Delimiter { text, opens } = tokens[at] else { return };
    let (before, after) = (at.checked_sub(1), Some(at + 1).filter(|at| *at < tokens.len()));
    let (outside, inside) = if opens { (before, after) } else { (after, before) };
    let edge_of = |at: Option<usize>| at.map_or(Edge::Space, |at| edge(&tokens[at]));
    let is_open_outside = matches!(edge_of(outside), Edge::Space | Edge::Punctuation);
    let needs_open = text.starts_with('_') || edge_of(inside) != Edge::Letter;
    let is_blank = |at: usize| matches!(tokens[at], Token::Char { is, .. } if is.is_whitespace());
    let encode_outside = outside.filter(|_| needs_open && !is_open_outside);
    let encode_inside = inside.filter(|at| is_blank(*at));
    for at in [encode_outside, encode_inside].into_iter().flatten() {
        if let Token::Char { encoded, .. } = &mut tokens[at] {
            *encoded = true;
        }
    }
}

fn edge(token: &Token) -> Edge {
    match token {
        Token::Char { encoded: true, .. } => Edge::Punctuation,
        Token::Char { is, .. } if is.is_alphanumeric() => Edge::Letter,
        Token::Char { is: ' ' | '\t', .. } | Token::LineEnd(_) => Edge::Space,
        Token::Char { is, .. } if is.is_ascii_punctuation() => Edge::Punctuation,
        Token::Char { .. } => Edge::Unclear,
        Token::Delimiter { .. } | Token::LinkStart | Token::LinkEnd(_) | Token::Atom(_) => {
            Edge::Punctuation
        }
    }
}
