//! Measuring the same on each engine.

use perme8_events::{sql::Migrations, testing::TestDb};

/// Where something is measured, for `--engine`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// In a file.
    Sqlite,
    /// On the server that tests have.
    Postgres,
}

impl Engine {
    /// In the order in which they are measured.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// As `--engine` takes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// A fresh database, with so many connections where there may be many; none where there is no server.
    pub async fn database(
        self,
        connections: u32,
        migrations: &[&'static Migrations],
    ) -> Option<TestDb> {
        match self {
            Self::Sqlite => Some(TestDb::sqlite(migrations).await),
            Self::Postgres => TestDb::postgres(connections, migrations).await,
        }
    }
}

/// What is found on each of these engines that is there, on a fresh database.
///
/// # Errors
///
/// It cannot be measured on one of them.
pub async fn on_each<F>(
    engines: &[Engine],
    connections: u32,
    migrations: &[&'static Migrations],
    mut measure: impl AsyncFnMut(&TestDb) -> anyhow::Result<F>,
) -> anyhow::Result<Vec<F>> {
    let mut all = Vec::new();
    for engine in engines {
        if let Some(test) = engine.database(connections, migrations).await {
            all.push(test.run(async |test| measure(&test).await).await?);
        }
    }
    Ok(all)
}
