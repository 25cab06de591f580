//! What a model is called.

use std::{fmt, str::FromStr};

/// The longest name of a model, in characters.
const LONGEST: usize = 200;

/// The name under which a provider knows a model, e.g. `gpt-4o-mini` or `meta-llama/llama-3-70b`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelName(String);

/// The text is no name of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {LONGEST} printable characters without blanks, e.g. gpt-4o-mini")]
pub struct InvalidModelName;

impl ModelName {
    /// The name as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelName {
    type Err = InvalidModelName;

    fn from_str(text: &str) -> Result<Self, InvalidModelName> {
        let is_short = text.chars().take(LONGEST + 1).count() <= LONGEST;
        let fits = is_short && !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidModelName) }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModelName({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_has_no_blanks() {
        for text in ["gpt-4o-mini", "meta-llama/llama-3:free", &"x".repeat(200)] {
            assert_eq!(text.parse::<ModelName>().unwrap().as_str(), text);
        }
        for text in ["", " ", "gpt 4", "gpt-4\n", "modèle", &"x".repeat(201)] {
            assert_eq!(text.parse::<ModelName>(), Err(InvalidModelName), "{text}");
        }
    }
}
