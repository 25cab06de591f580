//! The facade of a context, and the matrix of its rights: where a method and its row are added.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than are asked for here"
)]

use anyhow::{Context as _, Result};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{FnArg, ImplItem, ImplItemFn, Item, Type, Visibility, spanned::Spanned as _};

use crate::boundary::events::snake_case;

use super::{
    context::Context,
    event::with_module,
    imports,
    plan::Plan,
    template::{Words, filled},
};

/// A file is long enough.
const LONG: usize = 400;

/// The only struct through which others use a context.
#[derive(Debug)]
pub(super) struct Facade {
    name: String,
    file: String,
    matrix: String,
}

impl Facade {
    pub(super) fn of(context: &Context<'_>) -> Result<Self> {
        let file = context.file("facade.rs");
        let known = context.library.files().find(|known| *known.path == *file);
        let known = known.with_context(|| format!("{file} is missing: write the facade first"))?;
        let syntax = syn::parse_file(&known.text).with_context(|| format!("{file} is not Rust"))?;
        let name = syntax.items.iter().find_map(|item| match item {
            Item::Struct(item) => {
                let mut named = item.fields.iter().filter_map(|field| field.ident.as_ref());
                named.any(|name| name == "uow").then(|| item.ident.to_string())
            }
            _ => None,
        });
        let name = name.with_context(|| {
            format!("{file} has no struct with a `uow: UnitOfWork` to run use cases in")
        })?;
        Ok(Self { name, file, matrix: context.file("facade/matrix.rs") })
    }

    /// Plans one more method, behind the other ones that run use cases, or in a file of its own.
    pub(super) fn add_method(
        &self,
        plan: &mut Plan<'_>,
        words: &Words,
        (module, imported): (&str, &[&str]),
    ) -> Result<()> {
        let Self { name, file, .. } = self;
        let method = filled(include_str!("templates/facade_method.rs.template"), words);
        let text = plan.text(file)?;
        let long = text.lines().count() + method.lines().count() >= LONG;
        let Some(at) = last_command(&text, name)?.filter(|_| !long) else {
            let more = [("Facade", name.clone()), ("method", method)];
            let words = words.iter().cloned().chain(more).collect();
            let part = filled(include_str!("templates/facade_part.rs.template"), &words);
            plan.create(format!("{}/{module}.rs", file.trim_end_matches(".rs")), part)?;
            return plan.change(file, |text| with_module(text, module));
        };
        let mut changed = text;
        changed.insert_str(at, &format!("\n{method}"));
        plan.change(file, |_| Ok(changed))?;
        for name in imported {
            let path = format!("crate::application::{module}");
            plan.change(file, |text| imports::add(text, &path, name))?;
        }
        Ok(())
    }

    /// Plans a row of the matrix; `false` when a person has to write it. What it says is found out by a test.
    pub(super) fn add_row(
        &self,
        plan: &mut Plan<'_>,
        (method, command, value): (&str, &str, &str),
        uses: &[(&str, &str)],
    ) -> Result<bool> {
        let Ok(text) = plan.text(&self.matrix) else { return Ok(false) };
        let tokens: TokenStream = text
            .parse()
            .map_err(|error| anyhow::anyhow!("{} is not Rust: {error}", self.matrix))?;
        let Some((questions, origin)) = questions(tokens, &snake_case(&self.name)) else {
            return Ok(false);
        };
        let end = questions.span_close().start();
        let line = text.lines().nth(end.line - 1).unwrap_or_default();
        let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
        let at = imports::offset(&text, proc_macro2::LineColumn { column: 0, ..end });
        let mut changed = text;
        changed.insert_str(at, &format!("{indent}    {method}({origin}, {value});\n"));
        plan.change(&self.matrix, |_| Ok(changed))?;
        for (path, name) in uses.iter().copied().chain([("crate", command)]) {
            plan.change(&self.matrix, |text| imports::add(text, path, name))?;
        }
        Ok(true)
    }
}

/// Behind the last public method that takes an origin for good, as those do that run a use case.
fn last_command(text: &str, facade: &str) -> Result<Option<usize>> {
    let file = syn::parse_file(text).context("it is not Rust")?;
    let methods = file.items.iter().filter_map(|item| match item {
        Item::Impl(item) if item.trait_.is_none() && is_called(&item.self_ty, facade) => {
            Some(&item.items)
        }
        _ => None,
    });
    let runs = |method: &ImplItemFn| {
        let takes_origin = |argument: &FnArg| match argument {
            FnArg::Typed(argument) => is_called(&argument.ty, "Origin"),
            FnArg::Receiver(_) => false,
        };
        let is_public = matches!(method.vis, Visibility::Public(_));
        is_public && method.sig.asyncness.is_some() && method.sig.inputs.iter().any(takes_origin)
    };
    let mut last = methods.flatten().filter_map(|item| match item {
        ImplItem::Fn(method) if runs(method) => Some(method.span().end()),
        _ => None,
    });
    Ok(last.next_back().map(|end| imports::line_after(text, end)))
}

fn is_called(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(name))
}

/// The `questions! { … }` that ask the facade itself, and what they call the origin.
fn questions(tokens: TokenStream, facade: &str) -> Option<(Group, String)> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let is_asked = index > 1
            && matches!(&tokens[index - 2], TokenTree::Ident(name) if name == "questions")
            && group.delimiter() == Delimiter::Brace;
        if !is_asked {
            if let Some(found) = questions(group.stream(), facade) {
                return Some(found);
            }
            continue;
        }
        let head: Vec<TokenTree> = group
            .stream()
            .into_iter()
            .take_while(|token| !matches!(token, TokenTree::Punct(end) if end.as_char() == ';'))
            .collect();
        // `world: World, origin => world.projects`
        let arrow = head
            .iter()
            .position(|token| matches!(token, TokenTree::Punct(sign) if sign.as_char() == '='));
        let origin = arrow.and_then(|arrow| head.get(arrow.checked_sub(1)?));
        if let (Some(origin), Some(TokenTree::Ident(last))) = (origin, head.last())
            && last == facade
        {
            return Some((group.clone(), origin.to_string()));
        }
    }
    None
}
