//! Where a database is.

use std::{fmt, path::PathBuf, str::FromStr};

/// Where a database is: `sqlite:<path>` or `postgres://…`.
///
/// Shows no password, neither in `Display` nor in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// An embedded SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server, by its connection URL.
    Postgres(String),
}

/// A text is not the URL of a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Neither engine.
    #[error("expected sqlite:<path> or postgres://<user>@<host>/<database>")]
    Unknown,
    /// Each connection would have a database of its own.
    #[error(
        "an in-memory SQLite database cannot be shared by connections: give a path, e.g. sqlite:./data/perme8.db"
    )]
    InMemory,
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").ok_or(DatabaseUrlError::Unknown)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        match path {
            "" | ":memory:" => Err(DatabaseUrlError::InMemory),
            path => Ok(Self::Sqlite(path.into())),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                // Whatever stands before the last @ may be a secret, and so may the parameters.
                let bare = url.split('?').next().unwrap_or_default();
                let address = bare.split_once("://").map_or(bare, |(_, rest)| rest);
                let address = address.rsplit_once('@').map_or(address, |(_, address)| address);
                write!(f, "postgres://{address}")
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_show_no_password() {
        let url: DatabaseUrl =
            "postgres://ada:s3cret@db.example:5432/perme8?password=x@y".parse().unwrap();
        assert_eq!(
            format!("{url} {url:?}"),
            "postgres://db.example:5432/perme8 DatabaseUrl(postgres://db.example:5432/perme8)"
        );
        let url: DatabaseUrl = "sqlite://./data/perme8.db".parse().unwrap();
        assert_eq!(url.to_string(), "sqlite:./data/perme8.db");
    }

    #[test]
    fn what_names_no_database_is_refused() {
        assert_eq!("mysql://x".parse::<DatabaseUrl>(), Err(DatabaseUrlError::Unknown));
        assert_eq!("sqlite::memory:".parse::<DatabaseUrl>(), Err(DatabaseUrlError::InMemory));
    }
}
