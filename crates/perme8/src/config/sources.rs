//! What flags, environment and file say, before anybody understands it.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use crate::config::{
    Flags,
    keys::{self, FILE_VARIABLE, Key, PREFIX},
};

/// A value and who gave it, e.g. `PERME8_LISTEN` or `listen in perme8.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) value: String,
    pub(crate) source: String,
}

/// The strongest word on each setting so far, and what nobody understands.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) values: BTreeMap<&'static str, Raw>,
    pub(crate) problems: Vec<String>,
}

/// Our variables of this process; none where the value is not Unicode.
pub(crate) fn environment() -> Vec<(String, Option<String>)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok())))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect()
}

impl Given {
    /// Takes the environment; gives the file that it names.
    pub(crate) fn environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, Option<String>)>,
    ) -> Option<PathBuf> {
        let mut file = None;
        for (name, value) in variables {
            if !name.starts_with(PREFIX) || keys::is_for_tests(&name) {
                continue;
            }
            let key = keys::ALL.iter().find(|key| key.variable() == name);
            match (key, value) {
                (_, None) => self.problems.push(format!("{name} is not valid Unicode")),
                (None, Some(value)) if name == FILE_VARIABLE => file = Some(PathBuf::from(value)),
                (Some(key), Some(value)) => {
                    self.values.insert(key.name, Raw { value, source: name });
                }
                (None, Some(_)) => {
                    let mut known: Vec<String> = keys::ALL.iter().map(Key::variable).collect();
                    known.push(FILE_VARIABLE.to_owned());
                    let hint = keys::suggestion(&name, &known);
                    self.problems.push(format!(
                        "the environment variable {name} means nothing to perme8; {hint}"
                    ));
                }
            }
        }
        file
    }

    /// Takes the file that was named, or the default one if it is there; what is already given stays.
    pub(crate) fn file(&mut self, named: Option<&Path>, default: &Path) {
        let path = named.unwrap_or(default);
        let shown = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.problems.push(format!("{shown} cannot be read: {error}")),
        };
        let table = match text.parse::<Table>() {
            Ok(table) => table,
            // The message of the parser quotes the line, which may hold a password.
            Err(error) => {
                let line =
                    error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
                return self
                    .problems
                    .push(format!("{shown}, line {line}, is not TOML: {}", error.message()));
            }
        };
        for (name, value) in table {
            let Some(key) = keys::ALL.iter().find(|key| key.name == name) else {
                let known: Vec<String> = keys::ALL.iter().map(|key| key.name.to_owned()).collect();
                let hint = keys::suggestion(&name, &known);
                self.problems
                    .push(format!("`{}` in {shown} is no setting; {hint}", name.escape_debug()));
                continue;
            };
            match scalar(value) {
                Some(value) => {
                    let source = format!("`{name}` in {shown}");
                    self.values.entry(key.name).or_insert(Raw { value, source });
                }
                None => self
                    .problems
                    .push(format!("`{name}` in {shown} must be a text, a number or a boolean")),
            }
        }
    }

    /// Takes the flags, which beat everything else.
    pub(crate) fn flags(&mut self, flags: &Flags) {
        for key in keys::ALL {
            if let Some(value) = flags.settings.get(key.name) {
                self.values.insert(key.name, Raw { value: value.clone(), source: key.flag() });
            }
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "no other kind of value is a setting, whatever TOML adds"
)]
fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(yes) => Some(yes.to_string()),
        _ => None,
    }
}
