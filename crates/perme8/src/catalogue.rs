//! Every event and every migration of the system, summed from its contexts.

use perme8_events::{Catalogue, EventDescriptor, assert_unique, sql::Migrations};

/// The events of the core and of every context. Two of one name and version do not compile.
pub const CATALOGUES: &[Catalogue] =
    &[perme8_events::EVENTS, identity::EVENTS, notifications::EVENTS];

const _: () = assert_unique(CATALOGUES);

/// The migrations of the event core and of every context, in the order in which they are applied.
pub const MIGRATIONS: &[&Migrations] =
    &[&perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &notifications::MIGRATIONS];

/// Every event, context by context.
pub(crate) fn events() -> impl Iterator<Item = &'static EventDescriptor> {
    CATALOGUES.iter().copied().flatten()
}
