//! Waiting for what happens by itself.

use std::time::Duration;

use anyhow::Context as _;

/// What takes longer does not happen.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Waits until something is so.
pub(crate) async fn until(
    what: &str,
    mut is_so: impl AsyncFnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let waiting = async {
        while !is_so().await? {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    let waited = tokio::time::timeout(DEADLINE, waiting).await;
    waited.with_context(|| format!("waited in vain until {what}"))?
}
