//! The whole host, as it runs in production, on a port of its own.

use std::time::Duration;

use perme8::{App, AppOptions};
use perme8_events::sql::Db;
use tokio::net::TcpListener;

/// How long before they are committed editors are told of edits in the control, so that a kill finds its way between the two.
pub(crate) const EARLY: Duration = Duration::from_millis(20);

/// Serves for ever; says where.
pub(crate) async fn serve(db: Db, editors_told_early: Option<Duration>) -> anyhow::Result<()> {
    let options = AppOptions {
        cheap_passwords: true,
        limits: None,
        editors_told_early,
        ..AppOptions::default()
    };
    let app = App::assemble(db, options).await?;
    app.start().await?;
    let address = app.serve_on(TcpListener::bind("127.0.0.1:0").await?)?;
    crate::say(&address.to_string());
    crate::until_orphaned(std::future::pending()).await
}
