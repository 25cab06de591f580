//! The texts of a `sql!`, put together where they are composed of parts.

use std::collections::BTreeMap;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use syn::Lit;

use super::source::Engine;

/// Macro definitions by name, as tokens.
pub(crate) type Definitions = BTreeMap<String, TokenStream>;

/// One text, with the tokens that it stands in.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) engine: Engine,
    /// `None` where it stands somewhere else, in a constant for example.
    pub(crate) sql: Option<String>,
    pub(crate) from: Span,
    pub(crate) to: Span,
}

/// The texts of `sql!("…")` or `sql!(sqlite: "…", postgres: "…")`.
pub(crate) fn texts(arguments: &TokenStream, definitions: &Definitions) -> Vec<Text> {
    let trees: Vec<TokenTree> = arguments.clone().into_iter().collect();
    pieces(&trees)
        .into_iter()
        .filter_map(|piece| {
            let (engine, expression) = labelled(piece);
            let (first, last) = (expression.first()?, expression.last()?);
            let composer = Composer { definitions, bindings: &Bindings::default() };
            let sql = composer.text(expression);
            Some(Text { engine, sql, from: first.span(), to: last.span() })
        })
        .collect()
}

/// What the parameters of a macro stand for.
#[derive(Debug, Default)]
struct Bindings {
    single: BTreeMap<String, String>,
    repeated: String,
}

/// Puts a text together as the compiler would.
#[derive(Clone, Copy)]
struct Composer<'a> {
    definitions: &'a Definitions,
    bindings: &'a Bindings,
}

impl Composer<'_> {
    fn text(self, expression: &[TokenTree]) -> Option<String> {
        match expression {
            [TokenTree::Literal(literal)] => {
                if let Lit::Str(text) = Lit::new(literal.clone()) {
                    return Some(text.value());
                }
                // Numbers may be parts of a text, too.
                Some(literal.to_string()).filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
            }
            [TokenTree::Group(group)] => self.text(&trees_of(group)),
            [.., TokenTree::Ident(name), TokenTree::Punct(bang), TokenTree::Group(arguments)]
                if bang.as_char() == '!' =>
            {
                let arguments = trees_of(arguments);
                let parts: Option<Vec<String>> = pieces(&arguments)
                    .into_iter()
                    .map(|piece| self.text(labelled(piece).1))
                    .collect();
                let parts = parts?;
                if name == "concat" {
                    return Some(parts.concat());
                }
                arms(self.definitions.get(&name.to_string())?)
                    .into_iter()
                    .find_map(|(parameters, body)| self.expand(&parameters, &body, &parts))
            }
            [TokenTree::Punct(dollar), TokenTree::Ident(name)] if dollar.as_char() == '$' => {
                self.bindings.single.get(&name.to_string()).cloned()
            }
            // `$($rest),*`, of which the comma makes two pieces.
            [TokenTree::Punct(dollar), TokenTree::Group(_)] if dollar.as_char() == '$' => {
                Some(self.bindings.repeated.clone())
            }
            [TokenTree::Punct(repeat)] if matches!(repeat.as_char(), '*' | '+' | '?') => {
                Some(String::new())
            }
            _ => None,
        }
    }

    /// The text of a macro whose arguments are texts.
    fn expand(self, parameters: &Group, body: &Group, arguments: &[String]) -> Option<String> {
        let mut bindings = Bindings::default();
        let mut arguments = arguments.iter();
        let trees = trees_of(parameters);
        for (index, tree) in trees.iter().enumerate() {
            let is_parameter = matches!(tree, TokenTree::Punct(punct) if punct.as_char() == '$');
            match trees.get(index + 1) {
                Some(TokenTree::Ident(name)) if is_parameter => {
                    bindings.single.insert(name.to_string(), arguments.next()?.clone());
                }
                Some(TokenTree::Group(_)) if is_parameter => {
                    bindings.repeated.extend(arguments.by_ref().map(String::as_str));
                }
                _ => {}
            }
        }
        if arguments.next().is_some() {
            return None;
        }
        Composer { bindings: &bindings, ..self }.text(&trees_of(body))
    }
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

/// The arms of a macro definition: parameters and body.
fn arms(definition: &TokenStream) -> Vec<(Group, Group)> {
    let groups: Vec<Group> = definition
        .clone()
        .into_iter()
        .filter_map(|tree| match tree {
            TokenTree::Group(group) => Some(group),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
        })
        .collect();
    groups
        .chunks_exact(2)
        .filter_map(|arm| Some((arm.first()?.clone(), arm.last()?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &[Option<&str>]) {
        let rows = "($where:literal) => { concat!(\"SELECT a FROM b \", $where) }";
        let more = "(of $a:expr, $($rest:literal),* $(,)?) => {{ concat!($a, 1, $($rest),*) }}; () => { \"x\" }";
        let definitions = Definitions::from([
            ("rows".to_owned(), rows.parse().unwrap()),
            ("more".to_owned(), more.parse().unwrap()),
        ]);
        let texts = texts(&source.parse().unwrap(), &definitions);
        let texts: Vec<Option<&str>> = texts.iter().map(|text| text.sql.as_deref()).collect();
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
    fn a_text_from_elsewhere_is_not_known() {
        check("STATEMENT", &[None]);
        check("rows!(STATEMENT)", &[None]);
        check("unknown!(\"a\")", &[None]);
        check("$text", &[None]);
    }
}
