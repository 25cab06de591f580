//! In which builds a piece of code exists, told from its `cfg` attributes.

use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token, punctuated::Punctuated};

use super::config::TESTING;

/// The builds that contain a piece of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Scope {
    /// The product.
    #[default]
    Product,
    /// Only builds with `feature = "testing"`.
    Testing,
    /// Only the crate's own test builds.
    Test,
}

impl Scope {
    /// Whether this is not the product.
    pub(crate) fn is_test_code(self) -> bool {
        self != Self::Product
    }
}

/// What the attributes of an item say about the builds it is in.
pub(crate) fn of(attributes: &[Attribute]) -> Scope {
    attributes.iter().map(of_attribute).max().unwrap_or_default()
}

fn of_attribute(attribute: &Attribute) -> Scope {
    if attribute.path().segments.last().is_some_and(|segment| segment.ident == "test") {
        return Scope::Test;
    }
    if !attribute.path().is_ident("cfg") {
        return Scope::Product;
    }
    attribute.parse_args::<Meta>().map_or(Scope::Product, |condition| of_condition(&condition))
}

/// The builds in which a `cfg` condition can be true.
pub(crate) fn of_condition(condition: &Meta) -> Scope {
    if holds(condition, false) != Some(false) {
        Scope::Product
    } else if holds(condition, true) != Some(false) {
        Scope::Testing
    } else {
        Scope::Test
    }
}

/// Whether the condition holds outside test builds; `None` where that depends on something else.
fn holds(condition: &Meta, testing: bool) -> Option<bool> {
    match condition {
        Meta::Path(path) => path.is_ident("test").then_some(false),
        Meta::NameValue(pair) => {
            let Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) = &pair.value else { return None };
            (pair.path.is_ident("feature") && name.value() == TESTING).then_some(testing)
        }
        Meta::List(list) => {
            let parts = list
                .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .unwrap_or_default();
            let parts: Vec<Option<bool>> = parts.iter().map(|part| holds(part, testing)).collect();
            if list.path.is_ident("not") {
                parts.first().copied().flatten().map(|held| !held)
            } else if list.path.is_ident("any") {
                decided(&parts, true)
            } else {
                decided(&parts, false)
            }
        }
    }
}

/// `any` is decided by one true part, `all` by one false part, either by parts that all agree.
fn decided(parts: &[Option<bool>], by: bool) -> Option<bool> {
    if parts.contains(&Some(by)) {
        Some(by)
    } else if parts.contains(&None) {
        None
    } else {
        Some(!by)
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn conditions_say_in_which_builds_code_exists() {
        let check = |attribute: Attribute, scope| assert_eq!(of(&[attribute]), scope);
        check(parse_quote!(#[cfg(test)]), Scope::Test);
        check(parse_quote!(#[cfg(all(test, unix))]), Scope::Test);
        check(parse_quote!(#[tokio::test]), Scope::Test);
        check(parse_quote!(#[cfg(any(test, feature = "testing"))]), Scope::Testing);
        check(parse_quote!(#[cfg(feature = "testing")]), Scope::Testing);
        check(parse_quote!(#[cfg(not(test))]), Scope::Product);
        check(parse_quote!(#[cfg(any(test, unix))]), Scope::Product);
        check(parse_quote!(#[cfg(feature = "extra")]), Scope::Product);
    }
}
