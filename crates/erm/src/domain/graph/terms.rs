//! How far, which way and how much: what somebody says who asks for a walk.

use std::{fmt, num::IntErrorKind};

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

/// How many edges a walk follows at most, one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Depth(u8);

/// Not a depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDepth {
    /// No whole number.
    #[error("depth must be an integer")]
    NotANumber,
    /// Nobody walks nowhere.
    #[error("depth must be at least 1")]
    TooSmall,
    /// So far nobody walks.
    #[error("depth must be at most {}", Depth::MAX)]
    TooLarge,
}

impl Depth {
    /// The farthest.
    pub const MAX: u8 = 10;

    /// The depth that a text says.
    ///
    /// # Errors
    ///
    /// [`InvalidDepth`].
    pub fn parse(text: &str) -> Result<Self, InvalidDepth> {
        Self::of(whole(text).ok_or(InvalidDepth::NotANumber)?)
    }

    /// So many edges.
    ///
    /// # Errors
    ///
    /// [`InvalidDepth`].
    pub fn of(number: i64) -> Result<Self, InvalidDepth> {
        match u8::try_from(number) {
            Ok(depth @ 1..=Self::MAX) => Ok(Self(depth)),
            _ if number < 1 => Err(InvalidDepth::TooSmall),
            _ => Err(InvalidDepth::TooLarge),
        }
    }

    /// As a number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
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

/// How much of what is found is told at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct GraphLimit(u16);

/// Not a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGraphLimit {
    /// No whole number.
    #[error("limit must be an integer")]
    NotANumber,
    /// Then nothing would be told.
    #[error("limit must be at least 1")]
    TooSmall,
    /// So much nobody reads.
    #[error("limit must be at most {}", GraphLimit::MAX)]
    TooLarge,
}

impl GraphLimit {
    /// The most, as a number.
    pub const MAX: u16 = 500;
    /// The most.
    pub const ALL: Self = Self(Self::MAX);

    /// The limit that a text says.
    ///
    /// # Errors
    ///
    /// [`InvalidGraphLimit`].
    pub fn parse(text: &str) -> Result<Self, InvalidGraphLimit> {
        Self::of(whole(text).ok_or(InvalidGraphLimit::NotANumber)?)
    }

    /// So much.
    ///
    /// # Errors
    ///
    /// [`InvalidGraphLimit`].
    pub fn of(number: i64) -> Result<Self, InvalidGraphLimit> {
        match u16::try_from(number) {
            Ok(limit @ 1..=Self::MAX) => Ok(Self(limit)),
            _ if number < 1 => Err(InvalidGraphLimit::TooSmall),
            _ => Err(InvalidGraphLimit::TooLarge),
        }
    }

    /// As a number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

impl Default for GraphLimit {
    /// As much as a page of the lists.
    fn default() -> Self {
        Self(100)
    }
}

/// A whole number, however large: what no number of ours can hold is still too large, and not no number.
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
