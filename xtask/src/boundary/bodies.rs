//! What a function does, as far as documentation asks: what it makes and calls.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than documentation asks for"
)]

use std::collections::BTreeMap;

use syn::{
    Block, Expr, ExprField, ExprMethodCall, ExprPath, ExprStruct, FnArg, GenericArgument, Item,
    Local, Macro, Member, Pat, PathArguments, Token, Type,
    ext::IdentExt as _,
    parse::Parser as _,
    punctuated::Punctuated,
    visit::{self, Visit},
};

use super::source::Name;

/// What happens in a function.
#[derive(Debug, Default)]
pub(crate) struct Body {
    /// The structs that it makes.
    pub(crate) makes: Vec<Name>,
    pub(crate) calls: Vec<Call>,
    /// Paths that it calls with types in angle brackets: the path, and its first type.
    pub(crate) instances: Vec<(Name, Name)>,
    /// The variables of which the type is written down.
    variables: BTreeMap<String, Name>,
}

/// What may be a call of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// By its path, also where the function is passed on.
    Path(Name),
    /// As a method, with so many arguments.
    Method { name: String, arguments: usize, receiver: Receiver },
}

/// What a method is called of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// Something of this type.
    Of(Name),
    /// A variable or a field of this name.
    Named(String),
    /// Something else.
    Unknown,
}

/// Macros whose arguments are patterns.
const PATTERNS: [&str; 2] = ["matches", "assert_matches"];

impl Body {
    pub(crate) fn of<'s>(parameters: impl IntoIterator<Item = &'s FnArg>, block: &Block) -> Self {
        let mut body = Self::default();
        for parameter in parameters {
            if let FnArg::Typed(typed) = parameter {
                body.is_of(&typed.pat, named(&typed.ty));
            }
        }
        body.visit_block(block);
        body
    }

    /// Notes of which type a variable is.
    fn is_of(&mut self, variable: &Pat, of: Option<Name>) {
        if let (Pat::Ident(variable), Some(of)) = (variable, of) {
            self.variables.insert(variable.ident.unraw().to_string(), of);
        }
    }

    fn receiver(&self, value: &Expr) -> Receiver {
        match value {
            Expr::Struct(made) => Receiver::Of(Name::of(&made.path)),
            Expr::Path(path) => path.path.get_ident().map_or(Receiver::Unknown, |ident| {
                let name = ident.unraw().to_string();
                match self.variables.get(&name) {
                    Some(of) => Receiver::Of(of.clone()),
                    None => Receiver::Named(name),
                }
            }),
            Expr::Field(ExprField { member: Member::Named(ident), .. }) => {
                Receiver::Named(ident.unraw().to_string())
            }
            _ => Receiver::Unknown,
        }
    }
}

/// The type behind references, if it has a name.
fn named(ty: &Type) -> Option<Name> {
    match ty {
        Type::Reference(reference) => named(&reference.elem),
        Type::Path(path) => Some(Name::of(&path.path)),
        _ => None,
    }
}

impl<'ast> Visit<'ast> for Body {
    /// Functions within the function speak for themselves.
    fn visit_item(&mut self, _: &'ast Item) {}

    fn visit_expr_struct(&mut self, made: &'ast ExprStruct) {
        // Among the arguments of a macro, a pattern looks like this.
        let is_pattern = made.dot2_token.is_some() && made.rest.is_none();
        if !is_pattern {
            self.makes.push(Name::of(&made.path));
        }
        visit::visit_expr_struct(self, made);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        let name = Name::of(&path.path);
        let instance = instance(&path.path).map(|of| (name.clone(), of));
        self.instances.extend(instance);
        self.calls.push(Call::Path(name));
        visit::visit_expr_path(self, path);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        visit::visit_local(self, local);
        match (&local.pat, local.init.as_ref().map(|init| &*init.expr)) {
            (Pat::Type(typed), _) => self.is_of(&typed.pat, named(&typed.ty)),
            (variable, Some(Expr::Struct(made))) => {
                self.is_of(variable, Some(Name::of(&made.path)));
            }
            (Pat::Ident(variable), _) => {
                // Whatever a variable of this name was before, it is something else now.
                self.variables.remove(&variable.ident.unraw().to_string());
            }
            _ => {}
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let receiver = self.receiver(&call.receiver);
        let name = call.method.unraw().to_string();
        self.calls.push(Call::Method { name, arguments: call.args.len(), receiver });
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let takes_patterns = call
            .path
            .segments
            .last()
            .is_some_and(|name| PATTERNS.iter().any(|known| name.ident == known));
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        if !takes_patterns && let Ok(arguments) = parser.parse2(call.tokens.clone()) {
            arguments.iter().for_each(|argument| self.visit_expr(argument));
        }
    }
}

/// The first type in the angle brackets of a path.
pub(crate) fn instance(path: &syn::Path) -> Option<Name> {
    let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(Type::Path(ty)) => Some(Name::of(&ty.path)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(source: &str, expected: &Expect) {
        let function: syn::ItemFn = syn::parse_str(source).unwrap();
        let body = Body::of(&function.sig.inputs, &function.block);
        let path = |name: &Name| name.segments.join("::");
        let makes = body.makes.iter().map(|name| format!("makes {}\n", path(name)));
        let calls = body.calls.iter().map(|call| match call {
            Call::Path(name) => format!("calls {}\n", path(name)),
            Call::Method { name, arguments, receiver } => {
                let of = match receiver {
                    Receiver::Of(name) => format!("of the type {}", path(name)),
                    Receiver::Named(name) => format!("of {name}"),
                    Receiver::Unknown => "of something".to_owned(),
                };
                format!("calls .{name}({arguments}) {of}\n")
            }
        });
        let instances =
            body.instances.iter().map(|(name, of)| format!("{} of {}\n", path(name), path(of)));
        expected.assert_eq(&makes.chain(calls).chain(instances).collect::<String>());
    }

    #[test]
    fn what_is_made_and_called_is_found_also_in_macros() {
        check(
            "fn f(&self) { self.check(1, 2); self.made.map(Order::place); find().all(); vec![Placed { id }, Paid { ..other }] }",
            &expect![[r"
                makes Placed
                makes Paid
                calls .check(2) of self
                calls self
                calls .map(1) of made
                calls self
                calls Order::place
                calls .all(0) of something
                calls find
                calls id
                calls other
            "]],
        );
        check(
            "fn f() { Subscription::to::<events::Placed>() }",
            &expect![[r"
                calls Subscription::to
                Subscription::to of events::Placed
            "]],
        );
    }

    #[test]
    fn the_types_of_variables_are_known_where_they_are_written() {
        check(
            "fn f(order: &sales::Order, (a, b): Pair) {
                order.pay(); a.x(); let line: Line = find(); line.add(); let order = Draft { line }; order.send();
                let order = order.close(); order.archive(); Parcel { order }.post();
            }",
            &expect![[r"
                makes Draft
                makes Parcel
                calls .pay(0) of the type sales::Order
                calls order
                calls .x(0) of a
                calls a
                calls find
                calls .add(0) of the type Line
                calls line
                calls line
                calls .send(0) of the type Draft
                calls order
                calls .close(0) of the type Draft
                calls order
                calls .archive(0) of order
                calls order
                calls .post(0) of the type Parcel
                calls order
            "]],
        );
    }

    #[test]
    fn patterns_make_nothing() {
        check(
            "fn f() { if let Placed { id } = event { drop(1) }; matches!(event, Paid { id }); find!(Sent { .. }) }",
            &expect![[r"
                calls event
                calls drop
            "]],
        );
    }
}
