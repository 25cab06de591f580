//! The files that have to be tidy.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// A file, by its path in the workspace.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// What is read; other files are none of our business.
const EXTENSIONS: [&str; 4] = ["rs", "md", "toml", "sql"];

/// Folders of other tools, and workspaces that are wrong on purpose.
const ELSEWHERE: [&str; 4] = ["target", "data", "fixtures", "node_modules"];

/// All files below the root, sorted by path.
pub(super) fn of(root: &Path) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    collect(root, root, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) -> anyhow::Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let kind =
            entry.file_type().with_context(|| format!("cannot look at {}", path.display()))?;
        if kind.is_dir() && !name.starts_with('.') && !ELSEWHERE.contains(&name.as_ref()) {
            collect(root, &path, files)?;
        }
        let wanted =
            path.extension().is_some_and(|found| EXTENSIONS.iter().any(|wanted| found == *wanted));
        if kind.is_file() && wanted {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let path = path.strip_prefix(root).expect("it is below the root").to_owned();
            files.push(File { path, text });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_found_and_foreign_folders_are_not() {
        let root = tempfile::tempdir().unwrap();
        let planted = [
            "crates/mail/src/lib.rs",
            "README.md",
            "target/debug/build.rs",
            "xtask/fixtures/rule/src/lib.rs",
            "tests/node/node_modules/ws/README.md",
            ".git/notes.md",
            "logo.png",
        ];
        for path in planted {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        let found: Vec<PathBuf> =
            of(root.path()).unwrap().into_iter().map(|file| file.path).collect();
        assert_eq!(found, [Path::new("README.md"), Path::new("crates/mail/src/lib.rs")]);
    }
}
