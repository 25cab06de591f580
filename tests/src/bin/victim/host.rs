//! The whole host, as it runs in production, on a port of its own.

use std::time::Duration;

use llm::{Models, Provider};
use perme8::{App, AppOptions, LlmOptions};
use perme8_events::sql::Db;
use tokio::net::TcpListener;

/// How long before they are committed editors are told of edits in the control, so that a kill finds its way between the two.
const EARLY: Duration = Duration::from_millis(20);

/// A host that tells editors of edits before these are committed.
pub(crate) fn telling_early() -> AppOptions {
    AppOptions { editors_told_early: Some(EARLY), ..AppOptions::default() }
}

/// A host that asks the models of a provider.
pub(crate) fn asking(provider: &str) -> anyhow::Result<AppOptions> {
    let provider = Provider { base_url: provider.parse()?, api_key: None };
    let models = Models::only("scripted".parse()?, Vec::new());
    let llm = LlmOptions { provider: Some((provider, models)), ..LlmOptions::default() };
    Ok(AppOptions { llm, ..AppOptions::default() })
}

/// Serves for ever; says where.
pub(crate) async fn serve(db: Db, options: AppOptions) -> anyhow::Result<()> {
    let options = AppOptions { cheap_passwords: true, limits: None, ..options };
    let app = App::assemble(db, options).await?;
    app.start().await?;
    let address = app.serve_on(TcpListener::bind("127.0.0.1:0").await?)?;
    crate::say(&address.to_string());
    crate::until_orphaned(std::future::pending()).await
}
