//! A folder for what tests throw away, removed with the process that made it, or by the next one.

use std::{
    fs::{self, File, TryLockError},
    io::Write as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::environment;

/// A file system in memory. A database for each test comes to a million small files, and to look for the next free place
/// for them took a third of the time of all tests on a disk.
const MEMORY: &str = "/dev/shm";

/// The databases of a run at their most, several times over.
const ROOM: u64 = 4 << 30;

const LOCK: &str = "lock";

/// A folder is locked soon after it was made; before that it must not look abandoned.
const BEING_MADE: Duration = Duration::from_mins(1);

/// A folder of this process, removed with this value.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
    /// Held open: the kernel gives the lock up with the process that owns the folder.
    _lock: File,
}

impl Scratch {
    /// In memory where there is room, else where everybody's temporary files are.
    pub(crate) fn quick(prefix: &str) -> anyhow::Result<Self> {
        let parent = in_memory().unwrap_or_else(std::env::temp_dir);
        Self::create_in(&parent, prefix)
    }

    /// Where everybody's temporary files are.
    pub(crate) fn lasting(prefix: &str) -> anyhow::Result<Self> {
        Self::create_in(&std::env::temp_dir(), prefix)
    }

    fn create_in(parent: &Path, prefix: &str) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(prefix)
            .tempdir_in(parent)
            .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
        let path = folder.path().join(LOCK);
        let mut lock =
            File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        lock.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        // For somebody who finds the folder and wonders.
        write!(lock, "{}", std::process::id())
            .with_context(|| format!("cannot write to {}", path.display()))?;
        Ok(Self { folder, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders with this prefix that nobody owns any more, each after what has to be done before.
pub(crate) fn sweep(prefix: &str, before: impl Fn(&Path)) {
    let now = SystemTime::now();
    for parent in [std::env::temp_dir(), PathBuf::from(MEMORY)] {
        for folder in abandoned_in(&parent, prefix, now) {
            before(&folder);
            // A folder of another user stays; it is theirs to sweep.
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

fn abandoned_in(parent: &Path, prefix: &str, now: SystemTime) -> Vec<PathBuf> {
    let ours = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(prefix);
    fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter(ours)
        .map(|entry| entry.path())
        .filter(|folder| is_abandoned(&folder.join(LOCK), now).unwrap_or(false))
        .collect()
}

fn is_abandoned(lock: &Path, now: SystemTime) -> std::io::Result<bool> {
    let made = fs::metadata(lock)?.modified()?;
    if now.duration_since(made).unwrap_or_default() < BEING_MADE {
        return Ok(false);
    }
    match File::open(lock)?.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The file system in memory, unless somebody said where temporary files belong.
fn in_memory() -> Option<PathBuf> {
    if environment::variable("TMPDIR").is_some() {
        return None;
    }
    let room = rustix::fs::statvfs(MEMORY).ok()?;
    let memory = available(&fs::read_to_string("/proc/meminfo").ok()?)?;
    // A container may be given less than the machine has.
    let given = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let given = given.and_then(|text| text.trim().parse().ok()).unwrap_or(u64::MAX);
    let enough = room.f_bavail.saturating_mul(room.f_frsize).min(memory).min(given / 2) >= ROOM;
    enough.then(|| PathBuf::from(MEMORY))
}

/// What Linux could give to programs, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_abandoned_only_when_nobody_holds_its_lock() {
        let parent = tempfile::tempdir().unwrap();
        let later = SystemTime::now() + 2 * BEING_MADE;
        let abandoned = |now| abandoned_in(parent.path(), "perme8-", now);

        let scratch = Scratch::create_in(parent.path(), "perme8-").unwrap();
        assert_eq!(abandoned(later), Vec::<PathBuf>::new());

        let Scratch { folder, _lock: lock } = scratch;
        let left_behind = folder.keep();
        drop(lock);
        assert_eq!(abandoned(SystemTime::now()), Vec::<PathBuf>::new());
        assert_eq!(abandoned(later), [left_behind]);
    }

    #[test]
    fn a_folder_of_somebody_else_is_never_abandoned() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["perme8-notes", "perme8-locked"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        fs::write(parent.path().join("perme8-locked").join(LOCK), "").unwrap();
        let later = SystemTime::now() + 2 * BEING_MADE;
        assert_eq!(abandoned_in(parent.path(), "perme8-notes", later), Vec::<PathBuf>::new());
        assert_eq!(abandoned_in(parent.path(), "perme8-other", later), Vec::<PathBuf>::new());
    }

    #[test]
    fn what_is_left_of_memory_is_read_from_linux() {
        let meminfo = "MemTotal:       24683656 kB\nMemAvailable:    8388608 kB\nBuffers: 1 kB\n";
        assert_eq!(available(meminfo), Some(8 << 30));
        assert_eq!(available("MemTotal: 24683656 kB\n"), None);
    }
}
