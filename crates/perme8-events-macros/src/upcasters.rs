//! The chain from the first version of an event to the current one.

use std::collections::BTreeMap;

use darling::{Error, Result, util::SpannedValue};
use syn::Path;

use crate::attributes::{UpcastAttribute, UpcastStep};

/// The functions of every version before the current one, in order; there must be exactly one of each.
pub(crate) fn upcasters(
    current: Option<&SpannedValue<u16>>,
    UpcastAttribute(steps): UpcastAttribute,
) -> Result<Vec<Path>> {
    let version = current.map_or(1, |version| **version);
    let mut errors = Error::accumulator();
    let mut known: BTreeMap<u16, Path> = BTreeMap::new();
    for UpcastStep { from, function } in steps {
        let number = from.to_string().strip_prefix('v').and_then(|number| number.parse().ok());
        let refusal = match number {
            None | Some(0) => {
                "upcasters are named after the version whose data they take: v1, v2 …".to_owned()
            }
            Some(number) if number >= version => {
                format!("`{from}` is no earlier version: this event has version {version}")
            }
            Some(number) if known.contains_key(&number) => format!("`{from}` is upcast already"),
            Some(number) => {
                known.insert(number, function);
                continue;
            }
        };
        errors.push(Error::custom(refusal).with_span(&from));
    }
    let missing: Vec<String> = (1..version)
        .filter(|number| !known.contains_key(number))
        .map(|number| format!("v{number} = …"))
        .collect();
    if let (Some(current), false) = (current, missing.is_empty()) {
        let message = format!(
            "stored events of earlier versions would be unreadable: say upcast({}), \
             each a function from the data of that version to those of the next",
            missing.join(", ")
        );
        errors.push(Error::custom(message).with_span(&current.span()));
    }
    errors.finish_with(known.into_values().collect())
}
