//! How far, which way and how much: what somebody says who asks for a walk.

use std::{fmt, num::IntErrorKind};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which way edges are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From their target to their source.
    In,
    /// From their source to their target.
    Out,
    /// As if they had no direction.
    #[default]
    Both,
}

/// Not a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("direction must be one of in, out, both")]
pub struct InvalidDirection;

impl Direction {
    /// The direction of this name.
    ///
    /// # Errors
    ///
    /// [`InvalidDirection`].
    pub fn parse(text: &str) -> Result<Self, InvalidDirection> {
        match text {
            "in" => Ok(Self::In),
            "out" => Ok(Self::Out),
            "both" => Ok(Self::Both),
            _ => Err(InvalidDirection),
        }
    }

    /// The way back.
    pub(crate) fn reversed(self) -> Self {
        match self {
            Self::In => Self::Out,
            Self::Out => Self::In,
            Self::Both => Self::Both,
        }
    }
}

/// A whole number from 1 to a bound, and what is said of whatever is none.
macro_rules! whole_number {
    (
        $(#[$about:meta])* $Name:ident($Number:ty), called $name:literal, up to $max:literal;
        $(#[$about_invalid:meta])* $Invalid:ident
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
        #[schemars(inline)]
        pub struct $Name($Number);

        $(#[$about_invalid])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        pub enum $Invalid {
            /// No whole number.
            #[error("{} must be an integer", $name)]
            NotANumber,
            /// Less than one.
            #[error("{} must be at least 1", $name)]
            TooSmall,
            /// More than the most.
            #[error("{} must be at most {}", $name, $Name::MAX)]
            TooLarge,
        }

        impl $Name {
            /// The most, as a number.
            pub const MAX: $Number = $max;

            /// The number that a text says.
            ///
            /// # Errors
            ///
            #[doc = concat!("[`", stringify!($Invalid), "`].")]
            pub fn parse(text: &str) -> Result<Self, $Invalid> {
                Self::of(whole(text).ok_or($Invalid::NotANumber)?)
            }

            /// So much.
            ///
            /// # Errors
            ///
            #[doc = concat!("[`", stringify!($Invalid), "`].")]
            pub fn of(number: i64) -> Result<Self, $Invalid> {
                match <$Number>::try_from(number) {
                    Ok(number @ 1..=Self::MAX) => Ok(Self(number)),
                    _ if number < 1 => Err($Invalid::TooSmall),
                    _ => Err($Invalid::TooLarge),
                }
            }

            /// As a number.
            #[must_use]
            pub fn get(self) -> $Number {
                self.0
            }
        }
    };
}

whole_number! {
    /// How many edges a walk follows at most, one after another.
    Depth(u8), called "depth", up to 10;
    /// Not a depth.
    InvalidDepth
}

whole_number! {
    /// How much of what is found is told at most.
    GraphLimit(u16), called "limit", up to 500;
    /// Not a limit.
    InvalidGraphLimit
}

impl Default for Depth {
    fn default() -> Self {
        Self(1)
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl GraphLimit {
    /// The most.
    pub const ALL: Self = Self(Self::MAX);
}

impl Default for GraphLimit {
    /// As much as a page of the lists.
    fn default() -> Self {
        Self(100)
    }
}

/// A whole number, however large: what no number of ours can hold is still too large, and not no number.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is wrong, it is no number")]
fn whole(text: &str) -> Option<i64> {
    text.parse()
        .or_else(|error: std::num::ParseIntError| match error.kind() {
            IntErrorKind::PosOverflow => Ok(i64::MAX),
            IntErrorKind::NegOverflow => Ok(i64::MIN),
            _ => Err(error),
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_are_whole_numbers_from_one_to_ten() {
        for depth in 1..=10 {
            assert_eq!(Depth::parse(&depth.to_string()).map(Depth::get), Ok(depth));
        }
        let refused = ["0", "-1", "11", "1.5", "", "two", "99999999999999999999"];
        let said = refused.map(|text| format!("{text}: {}", Depth::parse(text).unwrap_err()));
        expect_test::expect![[r#"
            0: depth must be at least 1
            -1: depth must be at least 1
            11: depth must be at most 10
            1.5: depth must be an integer
            : depth must be an integer
            two: depth must be an integer
            99999999999999999999: depth must be at most 10"#]]
        .assert_eq(&said.join("\n"));
        assert_eq!(Depth::default(), Depth(1));
    }

    #[test]
    fn limits_are_whole_numbers_from_one_to_five_hundred() {
        assert_eq!(GraphLimit::parse("500"), Ok(GraphLimit(500)));
        let refused = ["0", "-1", "501", "70000", "1e2"];
        let said = refused.map(|text| format!("{text}: {}", GraphLimit::parse(text).unwrap_err()));
        expect_test::expect![[r#"
            0: limit must be at least 1
            -1: limit must be at least 1
            501: limit must be at most 500
            70000: limit must be at most 500
            1e2: limit must be an integer"#]]
        .assert_eq(&said.join("\n"));
    }

    #[test]
    fn there_are_three_directions() {
        let parsed = ["in", "out", "both", "In", ""].map(Direction::parse);
        let ways = [Direction::In, Direction::Out, Direction::Both];
        assert_eq!(parsed[..3], ways.map(Ok));
        assert_eq!(parsed[3..], [Err(InvalidDirection); 2]);
        assert_eq!(ways.map(|way| way.reversed().reversed()), ways);
    }
}
