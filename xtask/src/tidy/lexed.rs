//! Rust source taken apart into code and comments, so that no rule trips over a text.

/// The same text twice, with the same lines and columns: once only the code, once only the
/// comments. What is left out is blank; so is what stands between quotes.
#[derive(Debug)]
pub(super) struct Lexed {
    pub(super) code: String,
    pub(super) comments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Quoted,
}

impl Lexed {
    pub(super) fn new(source: &str) -> Self {
        let mut lexed = Self { code: String::new(), comments: String::new() };
        let mut rest = source;
        let mut previous = ' ';
        while let Some(first) = rest.chars().next() {
            let (kind, length) = next(rest, previous);
            let (taken, left) = rest.split_at(length);
            lexed.push(kind, taken);
            previous = taken.chars().next_back().unwrap_or(first);
            rest = left;
        }
        lexed
    }

    fn push(&mut self, kind: Kind, text: &str) {
        let shown_as = |wanted: Kind| {
            text.chars().map(
                move |character| {
                    if character == '\n' || kind == wanted { character } else { ' ' }
                },
            )
        };
        self.code.extend(shown_as(Kind::Code));
        self.comments.extend(shown_as(Kind::Comment));
    }
}

/// What comes next, and how many bytes of it.
fn next(rest: &str, previous: char) -> (Kind, usize) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_comment(rest));
    }
    let in_a_word = previous.is_alphanumeric() || previous == '_';
    if !in_a_word && let Some(length) = raw_text(rest) {
        return (Kind::Quoted, length);
    }
    if rest.starts_with('"') {
        return (Kind::Quoted, until_closed(rest, '"'));
    }
    if let Some(length) = character(rest) {
        return (Kind::Quoted, length);
    }
    (Kind::Code, rest.chars().next().map_or(0, char::len_utf8))
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let tail = &rest[at..];
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            match tail.chars().next() {
                Some(character) => at += character.len_utf8(),
                None => return at,
            }
        }
    }
}

/// `r"…"`, `r#"…"#` and so on, also of bytes and C strings.
fn raw_text(rest: &str) -> Option<usize> {
    let after_letters = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('r')?;
    let body = after_letters.trim_start_matches('#');
    let hashes = &after_letters[..after_letters.len() - body.len()];
    let body = body.strip_prefix('"')?;
    let closing = format!("\"{hashes}");
    let end = body.find(&closing).map_or(body.len(), |at| at + closing.len());
    Some(rest.len() - body.len() + end)
}

/// A character between quotes, which is not the beginning of a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut body = rest.strip_prefix('\'')?.chars();
    let first = body.next()?;
    let is_quoted = first == '\\' || body.next() == Some('\'');
    is_quoted.then(|| until_closed(rest, '\''))
}

fn until_closed(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == quote {
            return at + character.len_utf8();
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, code: &str, comments: &str) {
        let lexed = Lexed::new(source);
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            (squeezed(&lexed.code).as_str(), squeezed(&lexed.comments).as_str()),
            (code, comments)
        );
        assert_eq!(lexed.code.matches('\n').count(), source.matches('\n').count());
    }

    #[test]
    fn comments_are_not_code() {
        check("a // b \"c\"\nd /* e /* f */ g\n */ h", "a d h", "// b \"c\" /* e /* f */ g */");
    }

    #[test]
    fn texts_are_neither() {
        check(r#"say("it \" // is", b"x") + 1"#, "say( , b ) + 1", "");
        check("say(r#\"a \" /* b\"#, r\"\\\") + 1", "say( , ) + 1", "");
    }

    #[test]
    fn a_lifetime_opens_no_text() {
        check(
            "fn f<'a>(x: &'a str) -> char { '\"' } // '",
            "fn f<'a>(x: &'a str) -> char { }",
            "// '",
        );
        check(r"let (quote, tab) = ('\'', '\t'); // x", "let (quote, tab) = ( , );", "// x");
    }

    #[test]
    fn a_word_that_ends_in_r_opens_no_raw_text() {
        check("write!(f, \"{}\") var\"x\" y", "write!(f, ) var y", "");
    }
}
