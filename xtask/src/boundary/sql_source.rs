//! The texts of a `sql!`, put together where they are composed of parts.

use std::{collections::BTreeMap, slice};

use proc_macro2::{Group, LineColumn, TokenStream, TokenTree};
use syn::Lit;

use super::source::Engine;

/// The macros of a unit by name; several may share one.
pub(crate) type Definitions = BTreeMap<String, Vec<Definition>>;

/// More texts than this are too many to be looked at one by one.
const MOST: usize = 64;
/// Macros that call each other more deeply than this are not followed.
const DEEPEST: usize = 16;

/// One text of a statement, with the place where it stands.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) engine: Engine,
    written: Written,
    pub(crate) from: LineColumn,
    pub(crate) to: LineColumn,
}

/// A text as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Written {
    Text(String),
    /// `$name`.
    Parameter(String),
    /// `$($name)`, all that a repetition was given.
    Repeated,
    /// The `*` behind a repetition, which a comma separates from it.
    Nothing,
    /// `name!(…)`.
    Call {
        name: String,
        arguments: Vec<Written>,
    },
    /// A constant, a method, anything that only the compiler follows.
    Unknown,
}

/// A `macro_rules!`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Definition {
    arms: Vec<Arm>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Arm {
    parameters: Vec<Parameter>,
    body: Written,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Parameter {
    Single(String),
    Repeated,
}

/// The texts of `sql!("…")` or `sql!(sqlite: "…", postgres: "…")`.
pub(crate) fn texts(arguments: TokenStream) -> Vec<Text> {
    let trees: Vec<TokenTree> = arguments.into_iter().collect();
    pieces(&trees)
        .into_iter()
        .filter_map(|piece| {
            let (engine, expression) = labelled(piece);
            let (first, last) = (expression.first()?, expression.last()?);
            let (from, to) = (first.span().start(), last.span().end());
            Some(Text { engine, written: written(expression), from, to })
        })
        .collect()
}

/// What a `macro_rules!` says.
pub(crate) fn definition(tokens: TokenStream) -> Definition {
    let groups: Vec<Group> = tokens
        .into_iter()
        .filter_map(|tree| match tree {
            TokenTree::Group(group) => Some(group),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
        })
        .collect();
    let arms = groups.chunks_exact(2).filter_map(|arm| {
        let (first, last) = (arm.first()?, arm.last()?);
        Some(Arm { parameters: parameters(first), body: written(&trees_of(last)) })
    });
    Definition { arms: arms.collect() }
}

fn parameters(group: &Group) -> Vec<Parameter> {
    let trees = trees_of(group);
    let of_pair = |pair: &[TokenTree]| match pair {
        [TokenTree::Punct(dollar), TokenTree::Ident(name)] if dollar.as_char() == '$' => {
            Some(Parameter::Single(name.to_string()))
        }
        [TokenTree::Punct(dollar), TokenTree::Group(_)] if dollar.as_char() == '$' => {
            Some(Parameter::Repeated)
        }
        _ => None,
    };
    trees.windows(2).filter_map(of_pair).collect()
}

fn written(expression: &[TokenTree]) -> Written {
    let is = |punct: &proc_macro2::Punct, wanted: char| punct.as_char() == wanted;
    match expression {
        [TokenTree::Literal(literal)] => {
            let literal = Lit::new(literal.clone());
            if let Lit::Str(text) = &literal {
                Written::Text(text.value())
            } else if let Lit::Int(number) = &literal
                && number.suffix().is_empty()
            {
                // Numbers may be parts of a text, too.
                Written::Text(number.base10_digits().to_owned())
            } else {
                Written::Unknown
            }
        }
        [TokenTree::Group(group)] => written(&trees_of(group)),
        [
            path @ ..,
            TokenTree::Ident(name),
            TokenTree::Punct(bang),
            TokenTree::Group(arguments),
        ] if is(bang, '!') && path.iter().all(is_of_path) => {
            let arguments = trees_of(arguments);
            let arguments = pieces(&arguments).into_iter().map(|piece| written(labelled(piece).1));
            Written::Call { name: name.to_string(), arguments: arguments.collect() }
        }
        [TokenTree::Punct(dollar), TokenTree::Ident(name)] if is(dollar, '$') => {
            Written::Parameter(name.to_string())
        }
        // `$($rest),*`, of which the comma makes two pieces.
        [TokenTree::Punct(dollar), TokenTree::Group(group)] if is(dollar, '$') => {
            match trees_of(group).as_slice() {
                [TokenTree::Punct(dollar), TokenTree::Ident(_)] if is(dollar, '$') => {
                    Written::Repeated
                }
                [TokenTree::Punct(comma)] if is(comma, ',') => Written::Nothing,
                [] => Written::Nothing,
                _ => Written::Unknown,
            }
        }
        [TokenTree::Punct(repeat)] if matches!(repeat.as_char(), '*' | '+' | '?') => {
            Written::Nothing
        }
        _ => Written::Unknown,
    }
}

fn is_of_path(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => matches!(punct.as_char(), ':' | '$'),
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    }
}

impl Text {
    /// Everything that the compiler could make of it; `None` where that cannot be told from here.
    pub(crate) fn values(&self, definitions: &Definitions) -> Option<Vec<String>> {
        Composer { definitions, bindings: None, depth: 0 }.values(&self.written)
    }
}

/// What the parameters of a macro stand for.
#[derive(Debug, Default)]
struct Bindings<'a> {
    single: BTreeMap<&'a str, &'a str>,
    repeated: String,
}

/// Puts a text together as the compiler would.
#[derive(Clone, Copy)]
struct Composer<'a> {
    definitions: &'a Definitions,
    /// `None` outside of a macro that is being expanded, where a parameter could be anything.
    bindings: Option<&'a Bindings<'a>>,
    depth: usize,
}

impl Composer<'_> {
    fn values(self, written: &Written) -> Option<Vec<String>> {
        match written {
            Written::Text(text) => Some(vec![text.clone()]),
            Written::Parameter(name) => {
                let value = *self.bindings?.single.get(name.as_str())?;
                Some(vec![value.to_owned()])
            }
            Written::Repeated => Some(vec![self.bindings?.repeated.clone()]),
            Written::Nothing => self.bindings.map(|_| vec![String::new()]),
            Written::Call { name, arguments } => {
                let arguments: Option<Vec<Vec<String>>> =
                    arguments.iter().map(|argument| self.values(argument)).collect();
                let choices = choices(&arguments?)?;
                match self.definitions.get(name) {
                    Some(definitions) => self.expand(definitions, &choices),
                    None if name == "concat" => {
                        Some(choices.iter().map(|parts| parts.concat()).collect())
                    }
                    None => None,
                }
            }
            Written::Unknown => None,
        }
    }

    /// What the arms that take so many texts make of them; which of them the compiler takes is not told here.
    fn expand(self, definitions: &[Definition], choices: &[Vec<String>]) -> Option<Vec<String>> {
        if self.depth > DEEPEST {
            return None;
        }
        let mut values = Vec::new();
        for arm in definitions.iter().flat_map(|definition| &definition.arms) {
            for arguments in choices {
                if let Some(bindings) = arm.bind(arguments) {
                    let inside = Composer {
                        bindings: Some(&bindings),
                        depth: self.depth + 1,
                        definitions: self.definitions,
                    };
                    values.extend(inside.values(&arm.body)?);
                }
            }
        }
        (!values.is_empty() && values.len() <= MOST).then_some(values)
    }
}

impl Arm {
    fn bind<'a>(&'a self, arguments: &'a [String]) -> Option<Bindings<'a>> {
        let mut bindings = Bindings::default();
        let mut arguments = arguments.iter();
        for parameter in &self.parameters {
            match parameter {
                Parameter::Single(name) => {
                    bindings.single.insert(name, arguments.next()?);
                }
                Parameter::Repeated => {
                    bindings.repeated.extend(arguments.by_ref().map(String::as_str));
                }
            }
        }
        arguments.next().is_none().then_some(bindings)
    }
}

/// Each way to choose one text per argument.
fn choices(arguments: &[Vec<String>]) -> Option<Vec<Vec<String>>> {
    let mut choices = vec![Vec::new()];
    for options in arguments {
        choices = choices
            .iter()
            .flat_map(|chosen| {
                options.iter().map(move |option| [&chosen[..], slice::from_ref(option)].concat())
            })
            .collect();
        if choices.len() > MOST {
            return None;
        }
    }
    Some(choices)
}

fn trees_of(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

/// What stands between commas.
fn pieces(trees: &[TokenTree]) -> Vec<&[TokenTree]> {
    let is_comma =
        |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ',');
    trees.split(is_comma).filter(|piece| !piece.is_empty()).collect()
}

/// Takes `sqlite:` or `postgres:` off.
fn labelled(piece: &[TokenTree]) -> (Engine, &[TokenTree]) {
    match piece {
        [TokenTree::Ident(label), TokenTree::Punct(colon), rest @ ..] if colon.as_char() == ':' => {
            match label.to_string().as_str() {
                "sqlite" => (Engine::Sqlite, rest),
                "postgres" => (Engine::Postgres, rest),
                _ => (Engine::Both, piece),
            }
        }
        _ => (Engine::Both, piece),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &[Option<&str>]) {
        let rows = "($where:literal) => { concat!(\"SELECT a FROM b \", $where) }";
        let more = "(of $a:expr, $($rest:literal),* $(,)?) => {{ concat!($a, 1, $($rest),*) }}; () => { \"x\" }";
        let either = "($a:ident) => { \"own\" }; ($a:literal) => { concat!(\"other \", $a) }";
        let definitions = [("rows", rows), ("more", more), ("either", either)]
            .map(|(name, text)| (name.to_owned(), vec![definition(text.parse().unwrap())]));
        let definitions = Definitions::from(definitions);
        let texts = texts(source.parse().unwrap());
        let texts: Vec<Option<String>> = texts
            .iter()
            .map(|text| text.values(&definitions).map(|values| values.join(" or ")))
            .collect();
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        assert_eq!(texts, expected, "{source}");
    }

    #[test]
    fn literal_texts_are_taken_as_they_are() {
        check("\"SELECT 1\"", &[Some("SELECT 1")]);
        check("sqlite: r#\"a\"#, postgres: \"b\",", &[Some("a"), Some("b")]);
    }

    #[test]
    fn texts_of_parts_are_put_together() {
        check("concat!(\"a\", \"b\",)", &[Some("ab")]);
        check("rows!(\"WHERE c\")", &[Some("SELECT a FROM b WHERE c")]);
        check(
            "sqlite: super::rows!(concat!(\"x\", 2)), postgres: \"y\"",
            &[Some("SELECT a FROM b x2"), Some("y")],
        );
        check("more!(\"a\", \"b\", \"c\")", &[Some("a1bc")]);
        check("more!()", &[Some("x")]);
    }

    #[test]
    fn whatever_a_text_could_be_is_told() {
        check("either!(\"a\")", &[Some("own or other a")]);
    }

    #[test]
    fn a_text_from_elsewhere_is_not_known() {
        check("STATEMENT", &[None]);
        check("rows!(STATEMENT)", &[None]);
        check("unknown!(\"a\")", &[None]);
        check("$text", &[None]);
        check("$($text),*", &[None, None]);
        check("{ hidden(); rows!(\"a\") }", &[None]);
    }
}
