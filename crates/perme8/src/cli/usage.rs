//! `perme8 llm`.

use api::Timestamp;
use identity::Directory;
use llm::{Ledger, ModelUsage, UsageFilter};
use perme8_events::{UserId, WorkspaceId, sql::Db};
use serde::Serialize;

use crate::cli::{Console, Failure, Paint, Report, plain, tables::table};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Print how much was asked of language models, and what that costs
    ///
    /// Costs are in the currency of the prices in `llm_models`, as these were when something was asked. Tokens that a
    /// provider does not count are counted roughly. It reaches back as many days as `llm_usage_days` says, 400 by default.
    Usage(Usage),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Usage {
    /// Only what this person asked, by address or id
    #[arg(long, value_name = "EMAIL|ID")]
    user: Option<String>,
    /// Only what was asked in this workspace, by slug or id
    #[arg(long, value_name = "SLUG|ID")]
    workspace: Option<String>,
    /// Only what was asked at this time or later, e.g. 2026-01-05T09:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
}

/// How much was asked, by model and purpose.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Asked {
    usage: Vec<ModelUsage>,
}

pub(crate) async fn run(db: &Db, command: Command, console: &Console) -> Result<(), Failure> {
    let Command::Usage(Usage { user, workspace, since }) = command;
    let directory = Directory::new(db.clone());
    let user_id = match user {
        Some(user) => Some(user_named(&directory, &user).await?),
        None => None,
    };
    let workspace_id = match workspace {
        Some(workspace) => Some(workspace_named(&directory, &workspace).await?),
        None => None,
    };
    let filter = UsageFilter { user_id, workspace_id, since: since.map(Timestamp::get) };
    console.report(&Asked { usage: Ledger::new(db.clone()).usage(&filter).await? })
}

/// Ids are taken as they are: what somebody asked who is gone is still in the accounts.
async fn user_named(directory: &Directory, name: &str) -> Result<UserId, Failure> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let user = directory.confirmed_user_by_email(name).await?;
    user.map(|user| user.id)
        .ok_or_else(|| Failure::new(format!("nobody has proved the address `{name}`")))
}

async fn workspace_named(directory: &Directory, name: &str) -> Result<WorkspaceId, Failure> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let workspace = directory.workspace_by_slug(name).await?;
    let unknown = || Failure::new(format!("no workspace has the slug `{name}`"));
    workspace.map(|workspace| workspace.id).ok_or_else(unknown)
}

impl Report for Asked {
    fn text(&self, _: Paint) -> String {
        if self.usage.is_empty() {
            return "no language model was asked".to_owned();
        }
        let header =
            ["model", "purpose", "calls", "cancelled", "failed", "said", "answered", "cost"];
        let rows = self.usage.iter().map(|usage| {
            let ModelUsage { model, purpose, calls, cancelled, failed, .. } = usage;
            let (said, answered) = (usage.prompt_tokens, usage.completion_tokens);
            let numbers = [calls, cancelled, failed, &said, &answered].map(ToString::to_string);
            let cost = usage.cost_nanos.map_or_else(|| "–".to_owned(), money);
            [plain(model.as_str()), plain(purpose)]
                .into_iter()
                .chain(numbers)
                .chain([cost])
                .collect()
        });
        table(&header, &[2, 3, 4, 5, 6, 7], rows)
    }
}

/// Billionths as a number with four decimals, rounded up: nothing looks free that is not.
fn money(nanos: u64) -> String {
    let parts = nanos.div_ceil(100_000);
    format!("{}.{:04}", parts / 10_000, parts % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_looks_free_that_is_not() {
        let shown = [0, 1, 100_000, 100_001, 12_345_600_000].map(money);
        assert_eq!(shown, ["0.0000", "0.0001", "0.0001", "0.0002", "12.3456"]);
    }
}
