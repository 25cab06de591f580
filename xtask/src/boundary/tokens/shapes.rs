//! What a few tokens in a row mean.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Whether a word stands anywhere in a group.
pub(super) fn says(group: &Group, word: &str) -> bool {
    group.stream().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => says(&group, word),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// `path = "….rs"`.
pub(super) fn names_a_file(trees: &[TokenTree], at: usize) -> bool {
    let is_file = |tree: &TokenTree| matches!(tree, TokenTree::Literal(text) if text.to_string().contains(".rs"));
    is_punct(trees.get(at + 1), '=') && trees.get(at + 2).is_some_and(is_file)
}

/// Whether what looks like a built struct is compared with or taken apart: `let X { … } =`, `X { … } =>`.
pub(super) fn is_pattern(trees: &[TokenTree], start: usize, group: usize) -> bool {
    let before = start.checked_sub(1).and_then(|before| trees.get(before));
    matches!(before, Some(TokenTree::Ident(word)) if word == "let")
        || is_punct(trees.get(group + 1), '=')
        || is_punct(trees.get(group + 1), '|')
}

/// The arguments, where a path is called as a macro.
pub(super) fn called(trees: &[TokenTree], bang: usize) -> Option<&TokenTree> {
    trees.get(bang + 1).filter(|_| is_punct(trees.get(bang), '!'))
}

/// Whether an event is derived, or something that only the caller of the macro knows.
pub(super) fn derives_event(group: &Group) -> bool {
    group.stream().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == "DomainEvent",
        TokenTree::Punct(punct) => punct.as_char() == '$',
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    })
}

pub(super) fn is_punct(tree: Option<&TokenTree>, wanted: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

pub(super) fn is_colons(trees: &[TokenTree], at: usize) -> bool {
    is_punct(trees.get(at), ':') && is_punct(trees.get(at + 1), ':')
}

/// `::` at the beginning of a path, and not behind a generic type.
pub(super) fn is_global(trees: &[TokenTree], at: usize) -> bool {
    let behind = at.checked_sub(1).and_then(|before| trees.get(before));
    is_colons(trees, at)
        && !matches!(behind, Some(TokenTree::Punct(punct)) if matches!(punct.as_char(), '>' | ':'))
}

/// `$name::` or `$(…)*::`, of which only the caller of the macro knows where it leads.
pub(super) fn is_composed(trees: &[TokenTree], dollar: usize) -> bool {
    match trees.get(dollar + 1) {
        Some(TokenTree::Ident(name)) => name != "crate" && is_colons(trees, dollar + 2),
        Some(TokenTree::Group(_)) => {
            let rest = trees.get(dollar + 2..).unwrap_or_default();
            let repeat = rest.iter().take(2).position(|tree| {
                matches!(tree, TokenTree::Punct(punct) if matches!(punct.as_char(), '*' | '+' | '?'))
            });
            repeat.is_some_and(|repeat| is_colons(rest, repeat + 1))
        }
        Some(TokenTree::Punct(_) | TokenTree::Literal(_)) | None => false,
    }
}

/// `::$name`, or `$separator` behind a name: the caller of the macro says where the path leads.
pub(super) fn is_completed(trees: &[TokenTree], at: usize) -> bool {
    is_punct(trees.get(at), '$') || (is_colons(trees, at) && is_punct(trees.get(at + 2), '$'))
}

/// `::*` or `::{`, which only an import has that could not be read as one.
pub(super) fn is_glob(trees: &[TokenTree], at: usize) -> bool {
    is_colons(trees, at)
        && match trees.get(at + 2) {
            Some(TokenTree::Punct(punct)) => punct.as_char() == '*',
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
            _ => false,
        }
}

/// Whether a `$` stands anywhere in a stream.
pub(super) fn says_dollar(stream: TokenStream) -> bool {
    stream.into_iter().any(|tree| match tree {
        TokenTree::Punct(punct) => punct.as_char() == '$',
        TokenTree::Group(group) => says_dollar(group.stream()),
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    })
}
