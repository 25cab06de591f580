//! Who sees an agent.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who sees an agent beside its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(inline)]
pub enum Visibility {
    /// Nobody.
    Private,
    /// The members of the workspaces that it is in.
    Shared,
}

/// A text is no visibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is invalid")]
pub struct UnknownVisibility;

impl Visibility {
    pub(crate) const fn of(is_shared: bool) -> Self {
        if is_shared { Self::Shared } else { Self::Private }
    }

    pub(crate) fn is_shared(self) -> bool {
        self == Self::Shared
    }
}

impl FromStr for Visibility {
    type Err = UnknownVisibility;

    fn from_str(text: &str) -> Result<Self, UnknownVisibility> {
        match text {
            "PRIVATE" => Ok(Self::Private),
            "SHARED" => Ok(Self::Shared),
            _ => Err(UnknownVisibility),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visibility_is_read_as_it_is_written() {
        for visibility in [Visibility::Private, Visibility::Shared] {
            let text = serde_json::to_value(visibility).unwrap();
            assert_eq!(text.as_str().unwrap().parse(), Ok(visibility));
            assert_eq!(Visibility::of(visibility.is_shared()), visibility);
        }
        assert_eq!("shared".parse::<Visibility>(), Err(UnknownVisibility));
    }
}
