//! `perme8 config`.

use serde::Serialize;

use crate::{
    cli::{Paint, Report, tables::table},
    config::{Resolved, Setting},
};

/// Every setting; secrets are left out.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Settings<'r> {
    settings: &'r [Setting],
}

pub(crate) fn settings(resolved: &Resolved) -> Settings<'_> {
    Settings { settings: resolved.settings() }
}

impl Report for Settings<'_> {
    fn text(&self, _: Paint) -> String {
        let rows = self.settings.iter().map(|Setting { key, value, source, about }| {
            let value = value.clone().unwrap_or_else(|| "-".to_owned());
            vec![(*key).to_owned(), value, source.clone(), (*about).to_owned()]
        });
        table(&["setting", "value", "from", "meaning"], &[], rows)
    }
}
