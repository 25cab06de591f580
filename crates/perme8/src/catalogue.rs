//! Every event and every migration of the system, summed from its contexts.

use perme8_events::{Catalogue, EventDescriptor, assert_unique, migrations, sql::Migrations};

/// The events of the core and of every context. Two of one name and version do not compile.
pub const CATALOGUES: &[Catalogue] = &[
    perme8_events::EVENTS,
    identity::EVENTS,
    projects::EVENTS,
    documents::EVENTS,
    agents::EVENTS,
    chat::EVENTS,
    erm::EVENTS,
    notifications::EVENTS,
];

const _: () = assert_unique(CATALOGUES);

/// The migrations of the host's own tables.
static HOST: Migrations = migrations!(
    "perme8",
    sqlite: "../../migrations/perme8/sqlite",
    postgres: "../../migrations/perme8/postgres"
);

/// The migrations of the event core, of every context and of the host, in the order in which they are applied.
pub const MIGRATIONS: &[&Migrations] = &[
    &perme8_events::sql::MIGRATIONS,
    &mail::MIGRATIONS,
    &llm::MIGRATIONS,
    &identity::MIGRATIONS,
    &projects::MIGRATIONS,
    &documents::MIGRATIONS,
    &agents::MIGRATIONS,
    &chat::MIGRATIONS,
    &erm::MIGRATIONS,
    &notifications::MIGRATIONS,
    &HOST,
];

/// Every event, context by context.
pub(crate) fn events() -> impl Iterator<Item = &'static EventDescriptor> {
    CATALOGUES.iter().copied().flatten()
}
