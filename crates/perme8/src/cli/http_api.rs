//! `perme8 api openapi`.

use clap::Subcommand;
use serde::Serialize;
use serde_json::Value;

use crate::cli::{Paint, Report, tables::table};

/// What programs can ask a host.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List every operation; with --json, the OpenAPI document
    Openapi,
}

/// The HTTP edge of this program, as an OpenAPI document.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct HttpApi {
    document: Value,
}

pub(crate) fn http_api(command: &Command) -> HttpApi {
    match command {
        Command::Openapi => HttpApi { document: api::openapi() },
    }
}

impl Report for HttpApi {
    fn text(&self, _: Paint) -> String {
        let paths = self.document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, operations)| {
            let operations = operations.as_object().into_iter().flatten();
            operations.map(move |(method, operation)| {
                let summary = operation["summary"].as_str().unwrap_or_default();
                vec![method.to_uppercase(), path.clone(), summary.to_owned()]
            })
        });
        table(&["method", "address", "success"], &[], operations)
    }
}
