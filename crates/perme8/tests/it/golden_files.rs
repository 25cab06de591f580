//! The golden files: what every version of every event wrote is read by this program.

use std::{fmt::Write as _, fs, path::Path};

use perme8::CATALOGUES;
use perme8_events::EventDescriptor;
use serde_json::value::RawValue;

/// The example of a version.
fn example(event: &EventDescriptor, version: u16) -> Box<RawValue> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    let file = root.join(event.event_type).join(format!("v{version}.example.json"));
    let text = fs::read_to_string(&file);
    let text = text.unwrap_or_else(|_| {
        panic!("{} is missing: `cargo xtask codegen` writes it", file.display())
    });
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_example_of_every_version_is_read_through_the_whole_chain() {
    for event in CATALOGUES.iter().copied().flatten() {
        for version in 1..=event.version {
            let EventDescriptor { event_type, check, .. } = event;
            if let Err(error) = check(version, &example(event, version)) {
                panic!("the example of `{event_type}` v{version} cannot be read: {error:?}");
            }
        }
    }
}

/// What is personal and does not say whose it is stays readable in the log for ever, whoever is forgotten.
#[test]
fn whatever_is_personal_says_whose_it_is() {
    let mut unsealed = String::new();
    for event in CATALOGUES.iter().copied().flatten() {
        let EventDescriptor { event_type, version, schema, parse, .. } = event;
        let said = parse(*version, &example(event, *version)).unwrap().personal();
        let schema = schema().to_value();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let is_personal = field.to_string().contains(r#""x-personal":true"#);
            if is_personal && !said.iter().any(|(field, _)| field == name) {
                writeln!(unsealed, "{event_type}: {name}").unwrap();
            }
        }
    }
    assert_eq!(unsealed, "");
}
