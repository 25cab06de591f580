//! Filters become ranges of keys, and what makes no sense is said.

use expect_test::{Expect, expect};
use serde_json::json;

use super::*;

fn definitions() -> Vec<PropertyDefinition> {
    let of = |name: &str, of: &str| json!({"name": name, "type": of, "required": false, "constraints": {}});
    let all = [
        ("name", "string"),
        ("age", "integer"),
        ("score", "float"),
        ("ok", "boolean"),
        ("at", "datetime"),
    ];
    serde_json::from_value(all.map(|(name, kind)| of(name, kind)).into_iter().collect()).unwrap()
}

fn condition(parameter: &str, value: &str) -> Result<Condition, FilterError> {
    let filter = Filter::of_parameter(parameter, value).expect("it is a filter");
    Condition::of(&filter, &definitions())
}

fn check(questions: &[(&str, &str)], expected: &Expect) {
    let mut text = String::new();
    for (parameter, value) in questions {
        let line = match condition(parameter, value) {
            Ok(Condition { property, is_negated, ranges, .. }) => {
                format!("{property}{} {ranges:?}\n", if is_negated { " not" } else { "" })
            }
            Err(error) => format!("{error}\n"),
        };
        text.push_str(&line);
    }
    expected.assert_eq(&text);
}

#[test]
fn a_condition_is_ranges_of_keys() {
    check(
        &[
            ("filter[name]", "Ada"),
            ("filter[name][ne]", "Ada"),
            ("filter[name][prefix]", "A"),
            ("filter[name][prefix]", ""),
            ("filter[name][in]", r"b,a\,c,b,\\"),
            ("filter[name][present]", ""),
            ("filter[name][present]", "false"),
            ("filter[name][absent]", "true"),
            ("filter[name][lt]", "B"),
            ("filter[name][gt]", "B"),
            ("filter[ok]", "true"),
        ],
        &expect![[r#"
            name [\x03Ada..\x03Ada\x00]
            name not [\x03Ada..\x03Ada\x00]
            name [\x03A..\x03B]
            name [\x03..\x04]
            name [\x03\\..\x03\\\x00, \x03a,c..\x03a,c\x00, \x03b..\x03b\x00]
            name [\x00..\xff]
            name not [\x00..\xff]
            name not [\x00..\xff]
            name [\x03..\x03B]
            name [\x03B\x00..\x04]
            ok [\x01\x01..\x01\x01\x00]
        "#]],
    );
}

#[test]
fn what_makes_no_sense_is_said_of_its_field() {
    check(
        &[
            ("filter[size]", "1"),
            ("filter[age][like]", "1"),
            ("filter[age][prefix]", "1"),
            ("filter[ok][gt]", "true"),
            ("filter[age]", "1.5"),
            ("filter[score]", "much"),
            ("filter[score][gte]", "NaN"),
            ("filter[at][gte]", "2024-01-15"),
            ("filter[ok]", "yes"),
            ("filter[name]", "\0"),
            ("filter[name][present]", "maybe"),
            ("filter[name][in]", &"x,".repeat(100)),
            ("filter[name][prefix]", &"x".repeat(481)),
            ("filter[age][x][y]", "1"),
        ],
        &expect![[r#"
            filter[size][eq] names no property of this type
            filter[age][like] is no comparison; there are eq, ne, lt, lte, gt, gte, in, prefix, present, absent
            filter[age][prefix] cannot be asked of a property of type integer
            filter[ok][gt] cannot be asked of a property of type boolean
            filter[age][eq] must be an integer
            filter[score][eq] must be a number
            filter[score][gte] must be a number
            filter[at][gte] must be a time with an offset from UTC, e.g. 2024-01-15T00:00:00Z
            filter[ok][eq] must be true or false
            filter[name][eq] must be a text without NUL
            filter[name][present] must be true or false
            filter[name][in] has more than 100 values
            filter[name][prefix] is longer than 480 bytes
            filter[age][x][y] is no comparison; there are eq, ne, lt, lte, gt, gte, in, prefix, present, absent
        "#]],
    );
    for other in ["filter", "filter[", "filters[age]", "sort", "filter[age"] {
        assert_eq!(Filter::of_parameter(other, "1"), None, "{other}");
    }
}

#[test]
fn ranges_hold_the_keys_of_the_values_that_are_meant() {
    let numbers = [-2, -1, 0, 1, 2];
    let holds = |operator: &str| {
        let asked = condition(&format!("filter[age][{operator}]"), "0").unwrap();
        let is_in = |number: &i64| {
            let key = Key::of_number(&Number::from(*number)).unwrap();
            let is_in = |range: &KeyRange| {
                range.from.as_slice() <= key.as_bytes() && key.as_bytes() < range.until.as_slice()
            };
            asked.ranges.iter().any(is_in) != asked.is_negated
        };
        numbers.into_iter().filter(is_in).collect::<Vec<_>>()
    };
    assert_eq!(holds("eq"), [0]);
    assert_eq!(holds("ne"), [-2, -1, 1, 2]);
    assert_eq!(holds("lt"), [-2, -1]);
    assert_eq!(holds("lte"), [-2, -1, 0]);
    assert_eq!(holds("gt"), [1, 2]);
    assert_eq!(holds("gte"), [0, 1, 2]);
}
