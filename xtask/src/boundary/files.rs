//! The files of the workspace, and what some of them would be like.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

/// The files as they are, but for those that are said to be different.
#[derive(Debug, Default, Clone)]
pub(crate) struct Files {
    /// Another text, or `None` where there is to be no file.
    changed: BTreeMap<PathBuf, Option<String>>,
}

impl Files {
    /// Pretends that a file has this text, or that there is none.
    pub(crate) fn change(&mut self, path: PathBuf, text: Option<String>) {
        self.changed.insert(path, text);
    }

    pub(crate) fn is_changed(&self, path: &Path) -> bool {
        self.changed.contains_key(path)
    }

    /// Every path that is said to be different.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (&Path, Option<&str>)> {
        self.changed.iter().map(|(path, text)| (path.as_path(), text.as_deref()))
    }

    pub(crate) fn read(&self, path: &Path) -> io::Result<String> {
        match self.changed.get(path) {
            Some(Some(text)) => Ok(text.clone()),
            Some(None) => Err(io::ErrorKind::NotFound.into()),
            None => fs::read_to_string(path),
        }
    }

    pub(crate) fn is_file(&self, path: &Path) -> bool {
        self.changed.get(path).map_or_else(|| path.is_file(), Option::is_some)
    }

    pub(crate) fn is_folder(&self, path: &Path) -> bool {
        path.is_dir() || self.below(path).next().is_some()
    }

    /// Everything in a folder, by name.
    pub(crate) fn entries(&self, folder: &Path) -> BTreeSet<PathBuf> {
        let there = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let gone = |path: &PathBuf| self.changed.get(path).is_some_and(Option::is_none);
        let new = self.below(folder).filter_map(|path| {
            let name = path.strip_prefix(folder).ok()?.iter().next()?;
            Some(folder.join(name))
        });
        there.filter(|path| !gone(path)).chain(new).collect()
    }

    fn below(&self, folder: &Path) -> impl Iterator<Item = &Path> {
        let below = self.changed.iter().filter(move |(path, text)| {
            text.is_some() && path.starts_with(folder) && path.as_path() != folder
        });
        below.map(|(path, _)| path.as_path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_stands_for_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "1").unwrap();
        fs::write(path("b"), "2").unwrap();
        let mut files = Files::default();
        files.change(path("a"), None);
        files.change(path("b"), Some("3".to_owned()));
        files.change(path("c/d"), Some("4".to_owned()));
        assert!(files.read(&path("a")).is_err() && !files.is_file(&path("a")));
        assert_eq!(files.read(&path("b")).unwrap(), "3");
        assert!(files.is_file(&path("c/d")) && files.is_folder(&path("c")));
        assert_eq!(files.entries(folder.path()), [path("b"), path("c")].into());
        assert_eq!(files.entries(&path("c")), [path("c/d")].into());
    }
}
