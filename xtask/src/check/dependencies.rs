//! The dependencies: their licences, their sources, those that are banned, and known holes.

use anyhow::bail;

use crate::{console, environment, process};

const INSTALL: &str = "cargo install --locked cargo-deny";

/// Holds `deny.toml`; `false` when something is in the tree that must not be.
pub(crate) fn check() -> anyhow::Result<bool> {
    if !process::answers(process::cargo().args(["deny", "--version"])) {
        if environment::is_ci() {
            bail!("cargo-deny is not installed; `{INSTALL}` installs it");
        }
        console::warning_box(&[
            "cargo-deny is not installed: nobody looked at licences, sources and bans.",
            &format!("To look at them:  {INSTALL}"),
        ]);
        return Ok(true);
    }
    let deny = ["deny", "--log-level", "error", "check"];
    if !process::succeeds(process::cargo().args(deny).args(["bans", "licenses", "sources"]))? {
        return Ok(false);
    }
    if !process::answers(process::cargo().args(["deny", "fetch", "db"])) {
        console::note(
            "the database of security advisories cannot be reached, so nobody looked for known holes; \
             `cargo deny check advisories` does, where there is a way to github.com",
        );
        return Ok(true);
    }
    process::succeeds(process::cargo().args(deny).args(["--disable-fetch", "advisories"]))
}
