//! How freely an agent answers.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// How freely an agent answers, from 0 to 2: kept in thousandths, so that what is written is what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Temperature(u16);

/// Why a number is no temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemperatureError {
    /// Less than 0, or no number at all.
    #[error("must be greater than or equal to 0")]
    TooLow,
    /// More than 2.
    #[error("must be less than or equal to 2")]
    TooHigh,
}

impl Temperature {
    /// That of agents of which nothing else was said.
    pub const DEFAULT: Self = Self(700);

    /// The highest one.
    const MAX: u16 = 2_000;

    /// Of so many thousandths, as they were stored.
    pub(crate) fn of_thousandths(thousandths: i64) -> Option<Self> {
        u16::try_from(thousandths).ok().filter(|thousandths| *thousandths <= Self::MAX).map(Self)
    }

    /// In thousandths.
    pub(crate) fn thousandths(self) -> i64 {
        self.0.into()
    }

    /// As a number.
    #[must_use]
    pub fn get(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }
}

impl TryFrom<f64> for Temperature {
    type Error = TemperatureError;

    fn try_from(number: f64) -> Result<Self, TemperatureError> {
        if number.is_nan() || number < 0.0 {
            return Err(TemperatureError::TooLow);
        }
        if number > f64::from(Self::MAX) / 1_000.0 {
            return Err(TemperatureError::TooHigh);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it lies between 0 and 2"
        )]
        Ok(Self((number * 1_000.0).round() as u16))
    }
}

impl From<Temperature> for f64 {
    fn from(temperature: Temperature) -> Self {
        temperature.get()
    }
}

impl JsonSchema for Temperature {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Temperature".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        f64::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temperature_is_the_number_that_was_given() {
        for number in [0.0, 0.1, 0.7, 1.234, 2.0] {
            let temperature = Temperature::try_from(number).unwrap();
            assert_eq!(serde_json::to_string(&temperature).unwrap(), format!("{number:?}"));
            assert_eq!(Temperature::of_thousandths(temperature.thousandths()), Some(temperature));
        }
        assert_eq!(Temperature::try_from(0.7), Ok(Temperature::DEFAULT));
    }

    #[test]
    fn what_is_too_low_or_too_high_is_none() {
        for low in [-0.001, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(Temperature::try_from(low), Err(TemperatureError::TooLow));
        }
        for high in [2.001, f64::INFINITY] {
            assert_eq!(Temperature::try_from(high), Err(TemperatureError::TooHigh));
        }
        assert_eq!([2_001, -1].map(Temperature::of_thousandths), [None, None]);
    }
}
