//! Who intervenes.

use crate::domain::origin::Origin;

/// A longer name is refused.
const NAME_CHARS: usize = 80;

/// Somebody who runs the installation.
///
/// Whoever makes one vouches for that: the command line because it has the database, the HTTP edge because it was shown the
/// operator token. The name is what the audit trail says.
#[derive(Debug, Clone)]
pub struct Operator {
    name: String,
    origin: Origin,
}

/// A text is no name of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of an operator has 1 to {NAME_CHARS} characters, none of them a control character"
)]
pub struct OperatorNameError;

impl Operator {
    /// An operator of this name, whose request is `origin`.
    ///
    /// # Errors
    ///
    /// [`OperatorNameError`] when the name is none.
    pub fn new(name: impl Into<String>, origin: Origin) -> Result<Self, OperatorNameError> {
        let name = name.into();
        let fits = (1..=NAME_CHARS).contains(&name.chars().count())
            && !name.trim().is_empty()
            && !name.contains(char::is_control);
        if fits { Ok(Self { name, origin }) } else { Err(OperatorNameError) }
    }

    /// What the audit trail calls them.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Their request.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_printable() {
        let named = |name: &str| {
            Operator::new(name, Origin::system("tests")).map(|who| who.name().to_owned())
        };
        assert_eq!(named("cli:ada"), Ok("cli:ada".to_owned()));
        assert_eq!(named(&"ä".repeat(80)), Ok("ä".repeat(80)));
        for refused in ["", "  ", "a\nb", &"a".repeat(81)] {
            assert_eq!(named(refused), Err(OperatorNameError), "{refused:?}");
        }
    }
}
