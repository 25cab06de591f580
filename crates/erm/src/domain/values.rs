//! Values of properties, and the keys under which they are found: bytes that order as the values do.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use sha2::{Digest as _, Sha256};

/// What the values of a property are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum PropertyType {
    /// A text.
    String,
    /// A whole number of 64 bits.
    Integer,
    /// A number.
    Float,
    /// True or false.
    Boolean,
    /// A moment, as ISO 8601 writes it with an offset from UTC; compared in microseconds.
    Datetime,
}

impl PropertyType {
    /// Every type.
    pub(crate) const ALL: [Self; 5] =
        [Self::String, Self::Integer, Self::Float, Self::Boolean, Self::Datetime];

    /// What schemas call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Datetime => "datetime",
        }
    }

    /// The type that schemas call so.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.as_str() == text)
    }
}

/// The moment that a text names, with an offset from UTC: as RFC 3339 writes it, or with an offset as ISO 8601 has it beside
/// that, `+0100` and `+01`.
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let offset = text.rfind(['+', '-']).map(|at| text.split_at(at));
    let whole = match offset {
        Some((time, offset)) if is_digits(offset, 4) => {
            format!("{time}{}:{}", &offset[..3], &offset[3..]).into()
        }
        Some((time, offset)) if is_digits(offset, 2) => format!("{time}{offset}:00").into(),
        Some(_) | None => Cow::Borrowed(text),
    };
    DateTime::parse_from_rfc3339(&whole).ok().map(|time| time.to_utc())
}

/// Whether so many digits come behind the sign.
fn is_digits(offset: &str, count: usize) -> bool {
    offset.len() == count + 1 && offset[1..].bytes().all(|byte| byte.is_ascii_digit())
}

/// The key of a value: the order of the keys of a property is that of its values, and only equal values have equal keys.
///
/// Numbers are ordered and compared exactly, whole ones beyond 2^53 too. Of long texts the first [`PREFIX`] bytes order, and a
/// digest of the whole tells them apart. Moments are compared in microseconds: two that differ by less are equal, although each
/// is kept as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(Vec<u8>);

/// The longest key that is the text itself, in bytes.
const LONGEST: usize = 512;
/// How much of a longer text its key begins with, in bytes.
pub(crate) const PREFIX: usize = 480;

/// The first byte of a key, by which values of different kinds lie apart.
#[derive(Clone, Copy)]
enum Tag {
    Boolean = 1,
    Number = 2,
    Text = 3,
    Instant = 4,
}

impl Key {
    /// The key of a value of this type; none if it is of another.
    pub(crate) fn of_value(value: &Value, of: PropertyType) -> Option<Self> {
        match of {
            PropertyType::String => value.as_str().map(Self::of_text),
            PropertyType::Integer if value.is_i64() => Self::of_number(value.as_number()?),
            PropertyType::Integer => None,
            PropertyType::Float => Self::of_number(value.as_number()?),
            PropertyType::Boolean => value.as_bool().map(Self::of_bool),
            PropertyType::Datetime => value.as_str().and_then(instant).map(Self::of_instant),
        }
    }

    /// The key of true or false.
    pub(crate) fn of_bool(value: bool) -> Self {
        Self::tagged(Tag::Boolean, &[u8::from(value)])
    }

    /// The key of a number: the nearest float, and by how much a whole number is more than that.
    pub(crate) fn of_number(number: &Number) -> Option<Self> {
        // Without a second zero.
        let nearest = number.as_f64().filter(|nearest| nearest.is_finite())? + 0.0;
        let rest = match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => remainder(whole.into(), nearest),
            (None, Some(whole)) => remainder(whole.into(), nearest),
            (None, None) => 0,
        };
        let bits = nearest.to_bits();
        // Negative floats order the wrong way round, and behind the others.
        let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
        let ordered_rest = u16::from_be_bytes(rest.to_be_bytes()) ^ 1 << 15;
        let [float, rest] = [&ordered.to_be_bytes()[..], &ordered_rest.to_be_bytes()[..]];
        Some(Self::tagged(Tag::Number, &[float, rest].concat()))
    }

    /// The key of a text.
    pub(crate) fn of_text(text: &str) -> Self {
        let text = text.as_bytes();
        if text.len() <= LONGEST {
            return Self::tagged(Tag::Text, text);
        }
        let digest = Sha256::digest(text);
        Self::tagged(Tag::Text, &[&text[..PREFIX], &digest[..]].concat())
    }

    /// The key of a moment, in microseconds; what is less is left out.
    pub(crate) fn of_instant(instant: DateTime<Utc>) -> Self {
        let micros = instant.timestamp_micros();
        let ordered = u64::from_be_bytes(micros.to_be_bytes()) ^ 1 << 63;
        Self::tagged(Tag::Instant, &ordered.to_be_bytes())
    }

    /// Before all keys of texts.
    pub(crate) const TEXTS: [u8; 1] = [Tag::Text as u8];
    /// Before all keys of moments, and behind those of texts.
    pub(crate) const INSTANTS: [u8; 1] = [Tag::Instant as u8];
    /// Behind all keys of moments.
    pub(crate) const END: [u8; 1] = [Tag::Instant as u8 + 1];

    /// The bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn tagged(tag: Tag, bytes: &[u8]) -> Self {
        Self([&[tag as u8], bytes].concat())
    }
}

/// By how much a whole number is more than the float next to it: at most 1,024, half of what lies between floats below 2^64.
fn remainder(whole: i128, nearest: f64) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and at most 2^64")]
    let nearest = nearest as i128;
    i16::try_from(whole - nearest).expect("the nearest float is near")
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn key(value: impl Into<Value>, of: PropertyType) -> Key {
        Key::of_value(&value.into(), of).expect("it is of that type")
    }

    fn number(value: impl Into<Value>) -> Key {
        key(value, PropertyType::Float)
    }

    #[test]
    fn types_are_called_as_schemas_write_them() {
        for of in PropertyType::ALL {
            assert_eq!(serde_json::to_value(of).unwrap(), of.as_str());
            assert_eq!(PropertyType::parse(of.as_str()), Some(of));
        }
        assert_eq!(PropertyType::parse("String"), None);
    }

    #[test]
    fn a_value_has_a_key_if_it_is_of_the_type() {
        use PropertyType::{Boolean, Datetime, Float, Integer, String};
        let has = |value: Value| {
            PropertyType::ALL
                .into_iter()
                .filter(|of| Key::of_value(&value, *of).is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(has(json!("text")), [String]);
        assert_eq!(has(json!(1)), [Integer, Float]);
        assert_eq!(has(json!(1.0)), [Float]);
        assert_eq!(has(json!(u64::MAX)), [Float]);
        assert_eq!(has(json!(false)), [Boolean]);
        assert_eq!(has(json!("2024-01-15T00:00:00Z")), [String, Datetime]);
        for none in [json!(null), json!([1]), json!({})] {
            assert_eq!(has(none), []);
        }
    }

    #[test]
    fn moments_have_an_offset() {
        let same =
            ["2024-01-15T00:00:00Z", "2024-01-15T01:00:00+01:00", "2024-01-14 22:30:00.000-01:30"];
        let keys = same.map(|text| key(text, PropertyType::Datetime));
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
        for (text, same) in [
            ("2024-01-15T01:00:00+0100", "2024-01-15T00:00:00Z"),
            ("2024-01-15T01:00:00+01", "2024-01-15T00:00:00Z"),
            ("2024-01-15 01:00:00.5-0130", "2024-01-15T02:30:00.5Z"),
            ("2024-01-15T00:00:00-00", "2024-01-15T00:00:00Z"),
        ] {
            assert_eq!(instant(text), instant(same), "{text}");
            assert!(instant(text).is_some(), "{text}");
        }
        for text in [
            "2024-01-15",
            "2024-01-15T00:00:00",
            "2024-02-30T00:00:00Z",
            "soon",
            "",
            "+",
            "-",
            "+01",
            "-0100",
            "2024-01-15T01:00:00+1",
            "2024-01-15T01:00:00+010",
            "2024-01-15T01:00:00+9900",
            "2024-01-15T01:00:00+01:0",
            "2024-01-15T01:00:00+0a",
            "2024-01-15T01:00:00+\u{661}\u{662}",
            "2024-01-15T01:00+01",
            "2024-01-1500",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_compared_in_microseconds() {
        let at = |text| key(text, PropertyType::Datetime);
        let second = "2024-01-15T00:00:00";
        assert_eq!(at(format!("{second}.000001Z")), at(format!("{second}.000001999Z")));
        assert!(at(format!("{second}.000001Z")) < at(format!("{second}.000002Z")));
    }

    #[test]
    fn numbers_are_ordered_exactly() {
        let rising = [
            number(f64::MIN),
            number(i64::MIN),
            number(i64::MIN + 1),
            number(-9_007_199_254_740_993_i64),
            number(-9_007_199_254_740_992_i64),
            number(-1),
            number(-0.5),
            number(0),
            number(f64::MIN_POSITIVE),
            number(1),
            number(1.5),
            number(9_007_199_254_740_992_i64),
            number(9_007_199_254_740_993_i64),
            number(9_007_199_254_740_994_i64),
            number(i64::MAX - 1),
            number(i64::MAX),
            number(9_223_372_036_854_775_808_u64),
            number(u64::MAX),
            number(f64::MAX),
        ];
        for pair in rising.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
        }
        assert_eq!(number(-0.0), number(0));
        assert_eq!(number(3.0), key(3, PropertyType::Integer));
    }

    #[test]
    fn the_key_of_a_long_text_is_its_beginning_and_a_digest() {
        let long = |end: &str| Key::of_text(&format!("{}{end}", "x".repeat(10_000)));
        assert_eq!(long("a").as_bytes().len(), 1 + LONGEST);
        assert_ne!(long("a"), long("b"));
        assert!(long("a") < Key::of_text("y"));
        assert_eq!(Key::of_text(&"x".repeat(LONGEST)).as_bytes().len(), 1 + LONGEST);
    }

    /// How numbers compare: whole ones as such, and what is compared with a fraction as the text of its exact value would.
    fn compared(a: &Number, b: &Number) -> Ordering {
        let whole = |number: &Number| {
            number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
        };
        match (whole(a), whole(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            (None, None) => a.as_f64().unwrap().total_cmp(&(b.as_f64().unwrap() + 0.0)),
            (Some(a), None) => whole_and_float(a, b.as_f64().unwrap()),
            (None, Some(b)) => whole_and_float(b, a.as_f64().unwrap()).reverse(),
        }
    }

    fn whole_and_float(whole: i128, float: f64) -> Ordering {
        let below = float.floor();
        // Saturates far beyond both ends.
        #[expect(clippy::cast_possible_truncation, reason = "it is whole")]
        let floor = below as i128;
        whole.cmp(&floor).then(if below < float { Ordering::Less } else { Ordering::Equal })
    }

    fn numbers() -> impl Strategy<Value = Number> {
        let float = |number: f64| Number::from_f64(number + 0.0).expect("it is finite");
        prop_oneof![
            any::<i64>().prop_map(Number::from),
            any::<u64>().prop_map(Number::from),
            (-5_i64..5).prop_map(Number::from),
            (9_007_199_254_740_990_i64..9_007_199_254_741_000).prop_map(Number::from),
            (-10_i32..10).prop_map(move |half| float(f64::from(half) / 2.0)),
            #[expect(clippy::cast_precision_loss, reason = "any float near a whole number")]
            any::<i64>().prop_map(move |whole| float(whole as f64)),
            prop::num::f64::NORMAL.prop_map(float),
            prop::num::f64::SUBNORMAL.prop_map(float),
        ]
    }

    proptest! {
        #[test]
        fn the_order_of_keys_is_that_of_numbers(a in numbers(), b in numbers()) {
            let keys = [&a, &b].map(|number| Key::of_number(number).expect("it is finite"));
            prop_assert_eq!(keys[0].cmp(&keys[1]), compared(&a, &b), "{} {}", a, b);
        }

        #[test]
        fn the_order_of_keys_is_that_of_texts(a in ".{0,40}", b in ".{0,40}", same in ".{0,40}") {
            prop_assert_eq!(Key::of_text(&a).cmp(&Key::of_text(&b)), a.cmp(&b));
            let [a, b] = [a, b].map(|end| format!("{same}{end}"));
            prop_assert_eq!(Key::of_text(&a).cmp(&Key::of_text(&b)), a.cmp(&b));
        }

        #[test]
        fn long_texts_are_ordered_by_their_beginnings(a in "[a-c]{1,3}", b in "[a-c]{1,3}", length in 0_usize..900) {
            let long = |text: &str| format!("{text}{}", "b".repeat(length));
            let (a, b) = (long(&a), long(&b));
            prop_assert_eq!(Key::of_text(&a) == Key::of_text(&b), a == b);
            if a.bytes().take(PREFIX).ne(b.bytes().take(PREFIX)) {
                prop_assert_eq!(Key::of_text(&a).cmp(&Key::of_text(&b)), a.cmp(&b));
            }
        }

        #[test]
        fn the_order_of_keys_is_that_of_moments(a in -62_167_219_200_000_000_i64..253_402_300_800_000_000, b in -62_167_219_200_000_000_i64..253_402_300_800_000_000) {
            let at = |micros| DateTime::from_timestamp_micros(micros).expect("there is such a moment");
            prop_assert_eq!(Key::of_instant(at(a)).cmp(&Key::of_instant(at(b))), a.cmp(&b));
            prop_assert_eq!(instant(&at(a).to_rfc3339()), Some(at(a)));
        }
    }
}
