//! What events there are.

use schemars::Schema;

use crate::domain::{envelope::Envelope, event::DomainEvent, unsaved::same};

/// What is known of an event type without an instance of it.
#[derive(Debug, Clone, Copy)]
pub struct EventDescriptor {
    /// The stable name on the wire.
    pub event_type: &'static str,
    /// The current version.
    pub version: u16,
    /// What kind of thing it happens to.
    pub aggregate_type: &'static str,
    /// The name of the Rust type.
    pub rust_name: &'static str,
    /// What it means.
    pub summary: &'static str,
    /// The JSON Schema of its data.
    pub schema: fn() -> Schema,
    /// Whether an envelope holds a well-formed one.
    pub check: fn(&Envelope) -> Result<bool, crate::DecodeError>,
}

impl EventDescriptor {
    /// Describes `E`.
    #[must_use]
    pub const fn of<E: DomainEvent>() -> Self {
        Self {
            event_type: E::TYPE,
            version: E::VERSION,
            aggregate_type: E::AGGREGATE,
            rust_name: E::RUST_NAME,
            summary: E::SUMMARY,
            schema: || schemars::SchemaGenerator::default().into_root_schema_for::<E>(),
            check: |event| event.decode::<E>().map(|found| found.is_some()),
        }
    }
}

/// The events of one context.
pub type Catalogue = &'static [EventDescriptor];

/// Refuses, at compile time, two events with one name and version.
///
/// ```
/// # use perme8_events::{Catalogue, assert_unique};
/// const ALL: &[Catalogue] = &[];
/// const _: () = assert_unique(ALL);
/// ```
///
/// # Panics
///
/// Two events share one name and version; in a `const`, that is a compile error.
pub const fn assert_unique(all: &[Catalogue]) {
    let mut context = 0;
    while context < all.len() {
        let mut index = 0;
        while index < all[context].len() {
            assert_absent_behind(all, context, index);
            index += 1;
        }
        context += 1;
    }
}

/// Whether no later event has the name and version of the one at this place.
const fn assert_absent_behind(all: &[Catalogue], context: usize, index: usize) {
    let event = &all[context][index];
    let (mut later_context, mut later) = (context, index + 1);
    while later_context < all.len() {
        while later < all[later_context].len() {
            let other = &all[later_context][later];
            assert!(
                !(same(event.event_type, other.event_type) && event.version == other.version),
                "two domain events share one name and version"
            );
            later += 1;
        }
        later_context += 1;
        later = 0;
    }
}

/// Declares the catalogue of a context: `catalogue!(pub EVENTS: UserRegistered, UserConfirmed)`.
///
/// An explicit list, no linker magic: what is never named in code would silently be missing from a link-time registry.
/// `cargo xtask boundary` finds an event that is in no catalogue.
#[macro_export]
macro_rules! catalogue {
    ($(#[$meta:meta])* $visibility:vis $NAME:ident : $($Event:ty),* $(,)?) => {
        $(#[$meta])*
        $visibility const $NAME: $crate::Catalogue = &[$($crate::EventDescriptor::of::<$Event>()),*];
        const _: () = $crate::assert_unique(&[$NAME]);
    };
}
