//! The whole host, as it runs in production, on a port of its own.

use perme8::{App, AppOptions};
use perme8_events::sql::Db;
use tokio::net::TcpListener;

/// Serves for ever; says where.
pub(crate) async fn serve(db: Db) -> anyhow::Result<()> {
    let options = AppOptions { cheap_passwords: true, limits: None, ..AppOptions::default() };
    let app = App::assemble(db, options).await?;
    app.start().await?;
    let address = app.serve_on(TcpListener::bind("127.0.0.1:0").await?)?;
    crate::say(&address.to_string());
    crate::until_orphaned(std::future::pending()).await
}
