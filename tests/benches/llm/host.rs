//! The host: the real one, with people who may ask as much as they like.

use std::{io::Write as _, net::SocketAddr, time::Duration};

use identity::testing::{log_in, user_with_password};
use llm::{CallLimits, Models, Provider};
use perme8::{App, AppOptions, LlmOptions};
use perme8_events::sql::{Db, DbOptions};
use scenarios::{listening, settled};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// What is otherwise set by `llm_user_at_once` and the three settings beside it. Requests have no limits, either.
const NO_LIMITS: CallLimits = CallLimits {
    user_at_once: 1_000_000,
    workspace_at_once: 1_000_000,
    user_per_minute: 1_000_000,
    workspace_per_minute: 1_000_000,
};

/// What the host says when it is ready.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) address: SocketAddr,
    /// Of the people who may ask.
    pub(crate) tokens: Vec<String>,
}

/// Serves so many people until its standard input ends.
pub(crate) async fn run(database: &str, provider: &str, people: usize) -> anyhow::Result<()> {
    let db = Db::open(&database.parse()?, DbOptions::default()).await?;
    let provider = Provider { base_url: provider.parse()?, api_key: None };
    let models = Models::only("scripted".parse()?, Vec::new());
    let provider = Some((provider, models));
    let llm = LlmOptions { provider, limits: NO_LIMITS, ..LlmOptions::default() };
    let options = AppOptions { cheap_passwords: true, limits: None, llm, ..AppOptions::default() };
    let app = App::assemble(db, options).await?;
    let address = listening(&app).await?;
    let mut tokens = Vec::new();
    for number in 0..people {
        let email = format!("person-{number}@example.com");
        user_with_password(app.identity(), &email, "Some", "Body").await;
        tokens.push(log_in(app.identity(), &email).await.token.expose().to_owned());
    }
    settled(&app).await;
    let opened = Opened { address, tokens };
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&opened)?)?;
    BufReader::new(tokio::io::stdin()).lines().next_line().await?;
    app.shutdown(Duration::from_secs(10)).await?;
    Ok(())
}
