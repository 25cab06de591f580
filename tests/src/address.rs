//! How another process is told which database to open.

use perme8_events::sql::DatabaseUrl;

/// The URL, password and all.
#[must_use]
pub fn address(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}
