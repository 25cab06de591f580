//! Whom the server runs as: PostgreSQL refuses to be root.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::Context as _;

use crate::process;

/// An account to step down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// The account for the server; `None` where the present one will do.
    pub(crate) fn to_step_down_to() -> anyhow::Result<Option<Self>> {
        if id(&["-u"])? != 0 {
            return Ok(None);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| {
                Some(Self { user: id(&["-u", name]).ok()?, group: id(&["-g", name]).ok()? })
            })
            .map(Some)
            .context("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")
    }

    /// Gives a folder to the account.
    pub(crate) fn own(self, folder: &Path) -> anyhow::Result<()> {
        std::os::unix::fs::chown(folder, Some(self.user), Some(self.group))
            .with_context(|| format!("cannot give {} to user {}", folder.display(), self.user))
    }
}

/// A program of PostgreSQL, run by the account, speaking into a log.
pub(crate) fn command(
    program: &Path,
    account: Option<Account>,
    log: &Path,
) -> anyhow::Result<Command> {
    let open = fs::OpenOptions::new().create(true).append(true).open(log);
    let log = open.with_context(|| format!("cannot write to {}", log.display()))?;
    let mut command = Command::new(program);
    // The present directory may be closed to the account.
    command.current_dir("/").stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    if let Some(Account { user, group }) = account {
        command.uid(user).gid(group);
    }
    Ok(command)
}

fn id(arguments: &[&str]) -> anyhow::Result<u32> {
    let number = process::output(Command::new("id").args(arguments))?;
    number.trim().parse().with_context(|| format!("`id` answered {number:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_steps_down_and_never_to_itself() {
        let account = Account::to_step_down_to().unwrap();
        assert_eq!(account.is_some(), id(&["-u"]).unwrap() == 0);
        assert!(account.is_none_or(|account| account.user != 0));
    }

    #[test]
    fn an_unknown_user_is_an_error() {
        assert!(id(&["-u", "nobody-has-this-name"]).is_err());
    }
}
