//! Reads what the syntax tree leaves as tokens: macro calls, macro definitions, attributes.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::{Item, Lit, ext::IdentExt as _};

use super::{
    collector::Collector,
    source::{Form, Name, OddityKind},
};

/// Notes every path, import and macro call in a stream of tokens.
pub(crate) fn walk(collector: &mut Collector<'_>, stream: TokenStream) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut next = 0;
    while let Some(tree) = trees.get(next) {
        next = match tree {
            TokenTree::Ident(ident) if ident == "use" || ident == "extern" => {
                import(collector, &trees, next)
            }
            TokenTree::Ident(_) => chain(collector, &trees, next, false),
            TokenTree::Punct(_) if is_global(&trees, next) => chain(collector, &trees, next, true),
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
            TokenTree::Punct(_) => next + 1,
        };
    }
}

/// Notes the types of a `catalogue!`: of each path the last segment.
pub(crate) fn catalogue(collector: &mut Collector<'_>, arguments: TokenStream) {
    for tree in arguments {
        match tree {
            TokenTree::Ident(ident) => collector.unit.catalogued.push(ident.to_string()),
            TokenTree::Group(group) => catalogue(collector, group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// An import among tokens; returns where to go on.
fn import(collector: &mut Collector<'_>, trees: &[TokenTree], start: usize) -> usize {
    let is_end =
        |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ';');
    let Some(length) = trees[start..].iter().position(is_end) else { return start + 1 };
    let end = start + length + 1;
    // In a macro definition the path may begin with `$crate`.
    let tokens = trees[start..end].iter().filter(|tree| !is_dollar(tree)).cloned();
    match syn::parse2::<Item>(tokens.collect()) {
        Ok(Item::Use(item)) => collector.import(&item),
        Ok(Item::ExternCrate(item)) => collector.import_crate(&item),
        Ok(_) | Err(_) => return start + 1,
    }
    end
}

/// A path among tokens, with everything that can follow it; returns where to go on.
fn chain(collector: &mut Collector<'_>, trees: &[TokenTree], start: usize, global: bool) -> usize {
    let mut next = if global { start + 2 } else { start };
    let mut idents: Vec<&Ident> = Vec::new();
    while let Some(TokenTree::Ident(ident)) = trees.get(next) {
        idents.push(ident);
        next += 1;
        if !is_colons(trees, next) {
            break;
        }
        match trees.get(next + 2) {
            Some(TokenTree::Ident(_)) => next += 2,
            _ => break,
        }
    }
    let (Some(first), Some(last)) = (idents.first(), idents.last()) else {
        return next.max(start + 1);
    };
    let segments: Vec<String> = idents.iter().map(|ident| ident.unraw().to_string()).collect();
    let name = Name { global, segments };
    if is_glob(trees, next) {
        let form = Form::Use { rename: None, glob: true, visible: false };
        collector.mention(name, form, first.span(), last.span());
    } else if idents.len() > 1 || global {
        collector.mention(name, Form::Path, first.span(), last.span());
    }
    if let Some(TokenTree::Group(arguments)) = called(trees, next) {
        collector.call(last, arguments.stream());
    }
    if *last == "derive"
        && !collector.in_attribute
        && let Some(TokenTree::Group(group)) = trees.get(next)
        && derives_event(group)
    {
        collector.oddity(OddityKind::EventInMacro, group.span_open());
    }
    next
}

/// The arguments, where a path is called as a macro.
fn called(trees: &[TokenTree], bang: usize) -> Option<&TokenTree> {
    let is_bang =
        matches!(trees.get(bang), Some(TokenTree::Punct(punct)) if punct.as_char() == '!');
    trees.get(bang + 1).filter(|_| is_bang)
}

fn derives_event(group: &Group) -> bool {
    group.delimiter() == Delimiter::Parenthesis
        && group
            .stream()
            .into_iter()
            .any(|tree| matches!(tree, TokenTree::Ident(ident) if ident == "DomainEvent"))
}

fn is_colons(trees: &[TokenTree], at: usize) -> bool {
    let colon =
        |at| matches!(trees.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    colon(at) && colon(at + 1)
}

/// `::` at the beginning of a path, and not behind a generic type.
fn is_global(trees: &[TokenTree], at: usize) -> bool {
    let behind = at.checked_sub(1).and_then(|before| trees.get(before));
    is_colons(trees, at)
        && !matches!(behind, Some(TokenTree::Punct(punct)) if matches!(punct.as_char(), '>' | ':'))
}

/// `::*` or `::{`, which only an import has that could not be read as one.
fn is_glob(trees: &[TokenTree], at: usize) -> bool {
    is_colons(trees, at)
        && match trees.get(at + 2) {
            Some(TokenTree::Punct(punct)) => punct.as_char() == '*',
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
            _ => false,
        }
}

fn is_dollar(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == '$')
}
