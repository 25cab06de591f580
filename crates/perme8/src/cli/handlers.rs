//! `perme8 handlers`.

use perme8_events::{
    host::{HandlerStatus, Operations},
    sql::Db,
};
use serde::Serialize;

use crate::cli::{Failure, Paint, Report, tables::table};

/// How far each handler has come.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct HandlerList {
    handlers: Vec<HandlerStatus>,
}

pub(crate) async fn list(db: &Db) -> Result<HandlerList, Failure> {
    Ok(HandlerList { handlers: Operations::new(db).handlers().await? })
}

impl Report for HandlerList {
    fn text(&self, _: Paint) -> String {
        if self.handlers.is_empty() {
            return "no handler has run on this database yet: `perme8 serve` starts them"
                .to_owned();
        }
        let rows = self.handlers.iter().map(|status| {
            let HandlerStatus {
                handler,
                partitions,
                position,
                head: _,
                lag_events,
                lag_seconds,
                retrying,
                parked,
                dead,
                nodes,
            } = status;
            let lag =
                lag_seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.1} s"));
            let nodes = if nodes.is_empty() { "none".to_owned() } else { nodes.join(", ") };
            vec![
                handler.clone(),
                position.to_string(),
                lag_events.to_string(),
                lag,
                retrying.to_string(),
                parked.to_string(),
                dead.to_string(),
                partitions.to_string(),
                nodes,
            ]
        });
        let header = [
            "handler",
            "position",
            "behind",
            "for",
            "retrying",
            "parked",
            "dead",
            "partitions",
            "run by",
        ];
        table(&header, &[1, 2, 3, 4, 5, 6, 7], rows)
    }
}
