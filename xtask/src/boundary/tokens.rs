//! Reads what the syntax tree leaves as tokens: macro calls, macro definitions, attributes.

mod shapes;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::{Item, Lit, ext::IdentExt as _};

use self::shapes::{
    called, derives_event, is_colons, is_completed, is_composed, is_glob, is_global, is_pattern,
    is_punct, names_a_file, says, says_dollar,
};
use super::{
    collector::Collector,
    source::{Call, Form, Mention, Name, OddityKind},
};

/// Words behind which a path may begin with `::`, and that are no part of it.
const KEYWORDS: [&str; 28] = [
    "as", "async", "await", "box", "break", "const", "continue", "do", "dyn", "else", "enum", "fn",
    "for", "if", "impl", "in", "let", "loop", "match", "move", "mut", "pub", "ref", "return",
    "static", "unsafe", "where", "while",
];

/// Notes every path, import and macro call in a stream of tokens.
pub(crate) fn walk(collector: &mut Collector, stream: TokenStream) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut next = 0;
    while let Some(tree) = trees.get(next) {
        next = match tree {
            TokenTree::Ident(ident) if ident == "use" || ident == "extern" || ident == "type" => {
                item(collector, &trees, next)
            }
            TokenTree::Ident(ident) if is_keyword(ident) => {
                implementation(collector, &trees, next);
                next + 1
            }
            TokenTree::Ident(ident) => {
                if ident == "path" && !collector.in_attribute && names_a_file(&trees, next) {
                    collector.oddity(OddityKind::PathAttribute, ident.span());
                }
                chain(collector, &trees, next, false)
            }
            TokenTree::Punct(_) if is_global(&trees, next) => chain(collector, &trees, next, true),
            TokenTree::Punct(punct) => {
                match punct.as_char() {
                    '$' if is_composed(&trees, next) => collector.composes(None),
                    '#' => attribute(collector, &trees, next),
                    _ => {}
                }
                // The name of a lifetime begins no path.
                next + if punct.as_char() == '\'' { 2 } else { 1 }
            }
            TokenTree::Group(group) => {
                walk(collector, group.stream());
                next + 1
            }
            TokenTree::Literal(literal) => {
                if collector.in_attribute
                    && let Lit::Str(text) = Lit::new(literal.clone())
                {
                    collector.quoted(&text);
                }
                next + 1
            }
        };
    }
}

fn is_keyword(ident: &Ident) -> bool {
    KEYWORDS.iter().any(|word| ident == word)
}

/// Macros of the standard library, which compose no path.
const WELL_KNOWN: [&str; 20] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "bail",
    "concat",
    "debug",
    "ensure",
    "error",
    "eprintln",
    "format",
    "format_args",
    "info",
    "json",
    "matches",
    "panic",
    "println",
    "sql",
    "trace",
    "warn",
    "write",
];

/// Notes the names that stand alone in the call of a macro, and whether it is handed what the macro around it was.
pub(crate) fn handed(collector: &mut Collector, name: &Ident, arguments: TokenStream) {
    let called = name.unraw().to_string();
    if says_dollar(arguments.clone()) {
        collector.composes(Some(called));
    } else if !WELL_KNOWN.contains(&called.as_str()) {
        let mut handed = Vec::new();
        alone(collector, arguments, &mut handed);
        if !handed.is_empty() {
            collector.fragment.calls.push(Call { name: called, handed });
        }
    }
}

fn alone(collector: &Collector, stream: TokenStream, found: &mut Vec<Mention>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    for (index, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Group(group) => alone(collector, group.stream(), found),
            TokenTree::Ident(ident) if !is_keyword(ident) => {
                let before = index.checked_sub(1).and_then(|before| trees.get(before));
                let is_part = is_punct(before, '.') || is_punct(before, ':');
                let name = ident.unraw().to_string();
                let is_crate = name.starts_with(|first: char| first.is_ascii_lowercase());
                if is_crate && !is_part && !is_colons(&trees, index + 1) {
                    let at = collector.at(ident.span(), ident.span());
                    let name = Name::new(vec![name]);
                    found.push(Mention { name, form: Form::Path, at });
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Notes the types of a `catalogue!`: of each path the last segment.
pub(crate) fn catalogue(collector: &mut Collector, arguments: TokenStream) {
    for tree in arguments {
        match tree {
            TokenTree::Ident(ident) => collector.fragment.catalogued.push(ident.to_string()),
            TokenTree::Group(group) => catalogue(collector, group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// An import or an alias among tokens; returns where to go on.
fn item(collector: &mut Collector, trees: &[TokenTree], start: usize) -> usize {
    let is_end = |tree: &TokenTree| is_punct(Some(tree), ';');
    let Some(length) = trees[start..].iter().position(is_end) else { return start + 1 };
    let end = start + length + 1;
    let visibility = visibility(trees, start);
    // In a macro definition the path may begin with `$crate`.
    let tokens = trees[start..end].iter().filter(|tree| !is_punct(Some(tree), '$'));
    let tokens = visibility.iter().chain(tokens).cloned();
    match syn::parse2::<Item>(tokens.collect()) {
        Ok(Item::Use(item)) => {
            composed_import(collector, &trees[start..end]);
            collector.import(&item);
        }
        Ok(Item::ExternCrate(item)) => {
            composed_import(collector, &trees[start..end]);
            if attributes_before(trees, start).any(|group| says(group, "macro_use")) {
                collector.oddity(OddityKind::MacroUse, item.ident.span());
            }
            collector.import_crate(&item);
        }
        Ok(Item::Type(item)) => {
            collector.alias(&item);
            return start + 1;
        }
        Ok(_) | Err(_) => return start + 1,
    }
    end
}

/// What stands before an item and makes it visible: `pub`, `pub(…)` or `$visibility`.
fn visibility(trees: &[TokenTree], start: usize) -> Vec<TokenTree> {
    let is_pub = |tree: &TokenTree| matches!(tree, TokenTree::Ident(ident) if ident == "pub");
    let public = || TokenTree::Ident(Ident::new("pub", Span::call_site()));
    match &trees[..start] {
        [.., TokenTree::Punct(dollar), TokenTree::Ident(_)] if dollar.as_char() == '$' => {
            vec![public()]
        }
        [.., before] if is_pub(before) => vec![public()],
        [.., before, TokenTree::Group(group)]
            if is_pub(before) && group.delimiter() == Delimiter::Parenthesis =>
        {
            vec![public()]
        }
        _ => Vec::new(),
    }
}

/// An import of which only the caller of the macro says what it is.
fn composed_import(collector: &mut Collector, trees: &[TokenTree]) {
    for (index, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Punct(dollar) if dollar.as_char() == '$' => {
                let is_crate = matches!(trees.get(index + 1), Some(TokenTree::Ident(ident)) if ident == "crate");
                if !is_crate {
                    collector.composes(None);
                }
            }
            TokenTree::Group(group) => {
                let trees: Vec<TokenTree> = group.stream().into_iter().collect();
                composed_import(collector, &trees);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The attributes in front of an item.
fn attributes_before(trees: &[TokenTree], start: usize) -> impl Iterator<Item = &Group> {
    let is_attribute =
        |tree: &&TokenTree| matches!(tree, TokenTree::Group(_)) || is_punct(Some(tree), '#');
    let attributes = trees[..start].iter().rev().take_while(is_attribute);
    attributes.filter_map(|tree| match tree {
        TokenTree::Group(group) => Some(group),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}

/// `impl $trait for`: only the caller of the macro says what is implemented.
fn implementation(collector: &mut Collector, trees: &[TokenTree], start: usize) {
    if let [
        TokenTree::Ident(first),
        TokenTree::Punct(dollar),
        TokenTree::Ident(name),
        TokenTree::Ident(last),
        ..,
    ] = &trees[start..]
        && first == "impl"
        && dollar.as_char() == '$'
        && last == "for"
    {
        collector.oddity(OddityKind::HandWrittenEvent, name.span());
    }
}

/// An attribute that says where a module is, or of which only the caller of the macro knows what it says.
fn attribute(collector: &mut Collector, trees: &[TokenTree], hash: usize) {
    let bang = usize::from(is_punct(trees.get(hash + 1), '!'));
    let Some(TokenTree::Group(group)) = trees.get(hash + 1 + bang) else { return };
    let inside: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_path = matches!(inside.first(), Some(TokenTree::Ident(ident)) if ident == "path");
    let is_composed = is_punct(inside.first(), '$') && is_punct(inside.get(2), '=');
    if (is_path && !names_a_file(&inside, 0)) || is_composed {
        collector.oddity(OddityKind::PathAttribute, group.span_open());
    }
}

/// A path among tokens, with everything that can follow it; returns where to go on.
fn chain(collector: &mut Collector, trees: &[TokenTree], start: usize, global: bool) -> usize {
    let mut next = if global { start + 2 } else { start };
    let mut idents: Vec<&Ident> = Vec::new();
    // Where a path may begin anew: `x ::y` is one path, or two things of which the second is global.
    let mut anew = None;
    while let Some(TokenTree::Ident(ident)) = trees.get(next) {
        idents.push(ident);
        next += 1;
        if !is_colons(trees, next) {
            break;
        }
        match trees.get(next + 2) {
            Some(TokenTree::Ident(_)) => {
                if trees.get(next).is_some_and(|colon| colon.span().start() != ident.span().end()) {
                    anew = Some(idents.len());
                }
                next += 2;
            }
            _ => break,
        }
    }
    let (Some(first), Some(last)) = (idents.first(), idents.last()) else {
        return next.max(start + 1);
    };
    let segments: Vec<String> = idents.iter().map(|ident| ident.unraw().to_string()).collect();
    if let Some(anew) = anew {
        let name = Name { global: true, segments: segments[anew..].to_vec() };
        collector.mention(name, Form::Path, idents[anew].span(), last.span());
    }
    let name = Name { global, segments };
    if is_glob(trees, next) {
        let form = Form::Use { rename: None, glob: true, visible: false };
        collector.mention(name.clone(), form, first.span(), last.span());
    } else if is_completed(trees, next) {
        collector.mention(name.clone(), Form::Completed, first.span(), last.span());
    } else if idents.len() > 1 || global {
        collector.mention(name.clone(), Form::Path, first.span(), last.span());
    }
    if *last == "DomainEvent"
        && matches!(trees.get(next), Some(TokenTree::Ident(word)) if word == "for")
    {
        collector.oddity(OddityKind::HandWrittenEvent, last.span());
    }
    if *last == "macro_rules"
        && let (Some(TokenTree::Ident(defined)), Some(TokenTree::Group(body))) =
            (trees.get(next + 1), trees.get(next + 2))
    {
        let is_exported = attributes_before(trees, start).any(|group| says(group, "macro_export"));
        if is_exported {
            collector.export_macro(defined);
        }
        let defined = defined.unraw().to_string();
        collector.defining(Some(defined), |this| walk(this, body.stream()));
        return next + 3;
    }
    if let Some(TokenTree::Group(arguments)) = called(trees, next) {
        collector.call(last, arguments.stream());
        collector.inside(last, |this| walk(this, arguments.stream()));
        return next + 2;
    }
    if let Some(TokenTree::Group(group)) = trees.get(next) {
        match group.delimiter() {
            Delimiter::Brace | Delimiter::Parenthesis if is_pattern(trees, start, next) => {}
            Delimiter::Parenthesis
                if *last == "derive" && !collector.in_attribute && derives_event(group) =>
            {
                collector.oddity(OddityKind::EventInMacro, group.span_open());
            }
            Delimiter::Brace | Delimiter::Parenthesis => collector.build(name, last.span()),
            Delimiter::Bracket | Delimiter::None => {}
        }
    }
    next
}
