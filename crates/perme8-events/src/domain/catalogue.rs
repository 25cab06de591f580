//! What events there are.

use std::borrow::Cow;

use schemars::Schema;
use serde_json::value::RawValue;

use crate::domain::{
    decode::{self, DecodeError},
    event::DomainEvent,
    id::WorkspaceId,
    unsaved::{NewEvent, same},
    upcast::Upcaster,
};

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
    /// For each earlier version, in order, what brings its data to the next one.
    pub upcasters: &'static [Upcaster],
    /// Whether data of this version can be read, and what they say that they are about.
    pub check: fn(u16, &RawValue) -> Result<EventSubject, DecodeError>,
    /// The event that data of this version are, as the current version has it.
    pub parse: fn(u16, &RawValue) -> Result<NewEvent, DecodeError>,
}

/// What the data of an event say that they are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSubject {
    /// Which aggregate it happened to.
    pub aggregate_id: String,
    /// The tenant; none where the data name none.
    pub workspace_id: Option<WorkspaceId>,
}

impl EventSubject {
    fn of(event: &impl DomainEvent) -> Self {
        Self { aggregate_id: event.aggregate_id(), workspace_id: event.workspace_id() }
    }
}

impl EventDescriptor {
    /// Describes `E`.
    #[must_use]
    pub const fn of<E: DomainEvent>() -> Self {
        const { decode::assert_chain(E::VERSION, E::UPCASTERS) };
        Self {
            event_type: E::TYPE,
            version: E::VERSION,
            aggregate_type: E::AGGREGATE,
            rust_name: E::RUST_NAME,
            summary: E::SUMMARY,
            schema: || schemars::SchemaGenerator::default().into_root_schema_for::<E>(),
            upcasters: E::UPCASTERS,
            check: |version, data| Ok(EventSubject::of(&decode::read::<E>(version, data)?)),
            parse: |version, data| Ok(NewEvent::of(decode::read::<E>(version, data)?)),
        }
    }

    /// Data of `version`, as the current version has them; borrowed when they are of that version already.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when a newer program wrote them, or an upcaster refuses them.
    pub fn upcast<'d>(
        &self,
        version: u16,
        data: &'d RawValue,
    ) -> Result<Cow<'d, RawValue>, DecodeError> {
        decode::upcast(self.event_type, self.upcasters, version, data)
    }
}

/// The events of one context.
pub type Catalogue = &'static [EventDescriptor];

/// Refuses, at compile time, two events with one name: a type has one struct, which reads every version.
///
/// ```
/// # use perme8_events::{Catalogue, assert_unique};
/// const ALL: &[Catalogue] = &[];
/// const _: () = assert_unique(ALL);
/// ```
///
/// # Panics
///
/// Two events share one name; in a `const`, that is a compile error.
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

/// Whether no later event has the name of the one at this place.
const fn assert_absent_behind(all: &[Catalogue], context: usize, index: usize) {
    let event = &all[context][index];
    let (mut later_context, mut later) = (context, index + 1);
    while later_context < all.len() {
        while later < all[later_context].len() {
            let other = &all[later_context][later];
            assert!(!same(event.event_type, other.event_type), "two domain events share one name");
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

#[cfg(test)]
mod tests {
    use std::panic;

    use super::*;
    use crate::domain::core_events::{JobDone, PersonForgotten, TimerFired};

    const DONE: EventDescriptor = EventDescriptor::of::<JobDone>();
    const FORGOTTEN: EventDescriptor = EventDescriptor::of::<PersonForgotten>();
    const FIRED: EventDescriptor = EventDescriptor::of::<TimerFired>();

    /// Catalogues, and whether no two of their events share a name.
    const CASES: &[(&[Catalogue], bool)] = &[
        (&[], true),
        (&[&[DONE, FORGOTTEN, FIRED]], true),
        (&[&[DONE, FORGOTTEN], &[], &[FIRED]], true),
        (&[&[DONE, DONE]], false),
        (&[&[DONE, FORGOTTEN, FIRED, FORGOTTEN]], false),
        (&[&[DONE], &[FORGOTTEN, FIRED], &[DONE]], false),
        (&[&[FORGOTTEN], &[DONE, FIRED, DONE]], false),
    ];

    /// At run time, because a test of what does not compile would have to build the crate once more.
    #[test]
    fn two_events_with_one_name_are_refused_wherever_they_stand() {
        for (case, (all, is_unique)) in CASES.iter().enumerate() {
            let passes = panic::catch_unwind(|| assert_unique(all)).is_ok();
            assert_eq!(passes, *is_unique, "case {case}");
        }
    }
}
