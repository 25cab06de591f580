//! The aggregates of a context that a transaction loads: what they are called, and what they are made of.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than are asked for here"
)]

use anyhow::{Context as _, Result, bail};
use syn::{Expr, ImplItem, Item, ItemImpl, Lit, Type};

use crate::boundary::{events::snake_case, source::SourceFile};

use super::{context::Context, fields::Field, imports, plan::Plan, struct_text::source};

/// An aggregate.
#[derive(Debug)]
pub(super) struct Aggregate {
    /// `Project`.
    pub(super) name: String,
    /// What events call it: `project`.
    pub(super) word: String,
    /// The type of its id.
    pub(super) id: String,
    /// Where it is declared.
    pub(super) file: String,
    /// The module, `domain::project`.
    pub(super) module: String,
    pub(super) fields: Vec<Field>,
    /// What it can do already.
    pub(super) methods: Vec<String>,
    /// The tables in memory that hold it in tests, if there are any.
    pub(super) tables: Option<String>,
}

impl Aggregate {
    /// The aggregate to which something is done: the one that is asked for, else the one with whose name `done` ends.
    pub(super) fn find(context: &Context<'_>, asked: Option<&str>, done: &str) -> Result<Self> {
        let all = all(context)?;
        let names: Vec<String> = all.iter().map(Self::snake).collect();
        let is_called = |known: &Self, word: &str| known.word == word || known.snake() == word;
        let ends = |known: &Self| {
            let ends = |word: &str| done.strip_suffix(word).is_some_and(|rest| rest.ends_with('_'));
            ends(&known.word) || ends(&known.snake())
        };
        let krate = &context.krate.name;
        let found = match asked {
            Some(asked) => {
                let asked = asked.replace('-', "_");
                all.into_iter().find(|known| is_called(known, &asked))
            }
            None => all.into_iter().filter(ends).max_by_key(|known| known.word.len()),
        };
        found.with_context(|| match (asked, names.is_empty()) {
            (_, true) => format!("{krate} has no aggregate that a transaction loads: write that first"),
            (Some(asked), _) => format!("{krate} has no aggregate `{asked}`; it has {}", names.join(", ")),
            (None, _) => format!(
                "`{}` does not end with what it is done to: say `--aggregate <word>`; {krate} has {}",
                done.replace('_', "-"),
                names.join(", ")
            ),
        })
    }

    /// `project`, of `Project`.
    pub(super) fn snake(&self) -> String {
        snake_case(&self.name)
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Plans one more method, as the last one of its first `impl`.
    pub(super) fn add_method(&self, plan: &mut Plan<'_>, method: &str) -> Result<()> {
        plan.change(&self.file, |text| {
            let file = syn::parse_file(text).context("it is not Rust")?;
            let own = file.items.iter().find_map(|item| match item {
                Item::Impl(item) if is_of(item, &self.name) && item.trait_.is_none() => Some(item),
                _ => None,
            });
            let Some(own) = own else { bail!("it has no `impl {}`: write one", self.name) };
            let at = imports::offset(text, own.brace_token.span.close().start());
            let mut changed = text.to_owned();
            changed.insert_str(at, &format!("\n{method}"));
            Ok(changed)
        })
    }
}

fn all(context: &Context<'_>) -> Result<Vec<Aggregate>> {
    let product = context.library.files().filter(|file| !file.scope.is_test_code());
    let mut all = Vec::new();
    for file in product.filter(|file| file.text.contains("Aggregate for ")) {
        let syntax =
            syn::parse_file(&file.text).with_context(|| format!("{} is not Rust", file.path))?;
        for item in &syntax.items {
            if let Some(aggregate) = read(context, file, &syntax.items, item)
                && context
                    .library
                    .files()
                    .any(|file| file.text.contains(&format!("Load<{}> for Tx ", aggregate.name)))
            {
                all.push(aggregate);
            }
        }
    }
    Ok(all)
}

/// The aggregate that an item says there is, if it can be read.
fn read(
    context: &Context<'_>,
    file: &SourceFile,
    items: &[Item],
    item: &Item,
) -> Option<Aggregate> {
    let Item::Impl(said) = item else { return None };
    let (implemented, _) = said.trait_.as_ref()?;
    if implemented.segments.last()?.ident != "Aggregate" {
        return None;
    }
    let name = name_of(&said.self_ty)?;
    let word = said.items.iter().find_map(|item| match item {
        ImplItem::Const(item) if item.ident == "TYPE" => literal(&item.expr),
        _ => None,
    })?;
    let id = said.items.iter().find_map(|item| match item {
        ImplItem::Type(item) if item.ident == "Id" => source(&item.ty),
        _ => None,
    })?;
    let fields = items.iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == name => Some(&item.fields),
        _ => None,
    })?;
    let fields = fields.iter().filter_map(|field| {
        Some(Field::new(field.ident.as_ref()?.to_string(), source(&field.ty)?))
    });
    let methods = items.iter().filter_map(|item| match item {
        Item::Impl(item) if is_of(item, &name) && item.trait_.is_none() => Some(&item.items),
        _ => None,
    });
    let methods = methods.flatten().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
        _ => None,
    });
    let below = file.path.strip_prefix(context.source())?.trim_start_matches('/');
    Some(Aggregate {
        word,
        id,
        file: file.path.to_string(),
        module: below.trim_end_matches(".rs").replace('/', "::"),
        fields: fields.collect(),
        methods: methods.collect(),
        tables: tables(context, &name),
        name,
    })
}

/// The tables in memory of which an aggregate is loaded, if tests have them at hand.
fn tables(context: &Context<'_>, aggregate: &str) -> Option<String> {
    let said = format!("Load<{aggregate}> for FakeTx<");
    let mut files = context.library.files();
    let tables = files.find_map(|file| file.text.split_once(&said)?.1.split_once('>'));
    let tables = tables.map(|(tables, _)| tables.to_owned())?;
    let kit = context.file("testing.rs");
    let kit = context.library.files().find(|file| *file.path == *kit)?;
    imports::at_hand(&kit.text).ok()?.contains(&tables).then_some(tables)
}

fn is_of(item: &ItemImpl, name: &str) -> bool {
    name_of(&item.self_ty).is_some_and(|own| own == name)
}

fn name_of(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => Some(path.path.get_ident()?.to_string()),
        _ => None,
    }
}

fn literal(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}
