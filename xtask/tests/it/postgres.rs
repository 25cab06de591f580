//! A throwaway cluster goes when the process goes that it was started for, however that goes.

use std::{
    fs::{self, File, Permissions},
    io::{BufRead as _, BufReader, Read as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, SystemTime},
};

use tempfile::TempDir;

/// A running `cargo xtask postgres`.
struct Running {
    xtask: Child,
    port: u16,
}

impl Running {
    /// Starts it with its files below `folder`; `None` where no PostgreSQL is installed.
    fn start(folder: &Path) -> Option<Self> {
        let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("postgres")
            .env("TMPDIR", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(xtask.stdout.take().unwrap()).read_line(&mut url).unwrap();
        if url.is_empty() {
            leave_out(&all_it_says(&mut xtask));
            return None;
        }
        let (_, port) = url.trim_end_matches("/postgres\n").rsplit_once(':').unwrap();
        Some(Self { xtask, port: port.parse().unwrap() })
    }

    fn answers(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }
}

/// What it writes to its standard error until the last process that could write there is gone.
fn all_it_says(xtask: &mut Child) -> String {
    let mut text = String::new();
    xtask.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

fn leave_out(reason: &str) {
    assert!(reason.contains("no PostgreSQL is installed"), "{reason}");
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    assert!(!is_set("CI") || is_set("PERME8_TEST_POSTGRES"), "{reason}");
    eprintln!("LEFT OUT: a test of throwaway clusters: {reason}");
}

/// A folder for temporary files that the user of the server can enter.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

fn homes(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_cluster_ends_with_the_process_it_was_started_for() {
    let folder = folder();
    let Some(mut running) = Running::start(folder.path()) else { return };
    assert!(running.answers());
    assert_eq!(homes(folder.path()).len(), 1);

    running.xtask.kill().unwrap();
    running.xtask.wait().unwrap();
    all_it_says(&mut running.xtask);

    assert!(!running.answers());
    assert_eq!(homes(folder.path()), Vec::<PathBuf>::new());
}

#[test]
fn a_cluster_whose_keeper_was_killed_is_swept_by_the_next_one() {
    let folder = folder();
    let Some(mut orphan) = Running::start(folder.path()) else { return };
    let left_behind = homes(folder.path());
    let lock = left_behind[0].join("lock");
    let keeper = fs::read_to_string(&lock).unwrap();
    assert!(
        Command::new("sh").args(["-c", &format!("kill -9 {keeper}")]).status().unwrap().success()
    );
    assert!(!orphan.xtask.wait().unwrap().success());
    assert!(orphan.answers());

    let long_ago = SystemTime::now() - Duration::from_hours(1);
    File::options().write(true).open(lock).unwrap().set_modified(long_ago).unwrap();
    let Some(mut next) = Running::start(folder.path()) else { return };
    assert!(!orphan.answers());
    assert!(next.answers());
    assert!(homes(folder.path()).iter().all(|home| !left_behind.contains(home)));

    next.xtask.kill().unwrap();
    next.xtask.wait().unwrap();
    all_it_says(&mut next.xtask);
}
