//! What a document costs that somebody has open.

use std::fmt;

use serde::Serialize;

use crate::{editors::Editor, opening, servers::Server};

pub(crate) const HEAD: &str = "memory     documents    KiB each    stock   ratio";

/// Of many documents, each with one editor.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) engine: &'static str,
    documents: usize,
    /// Kibibytes for each document with its connection.
    ours: f64,
    stock: f64,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, documents, ours, stock } = self;
        write!(f, "{engine:<11}{documents:>9}{ours:>12.1}{stock:>9.1}{:>8.2}", ours / stock)
    }
}

pub(crate) async fn measure(
    engine: &'static str,
    ours: &Server,
    stock: &Server,
    documents: usize,
) -> anyhow::Result<Row> {
    let (ours, stock) = (each(ours, documents).await?, each(stock, documents).await?);
    Ok(Row { engine, documents, ours, stock })
}

/// Kibibytes for each of so many documents that are opened, and in which a sentence is typed.
async fn each(server: &Server, documents: usize) -> anyhow::Result<f64> {
    const LETTERS: u64 = 80;
    // What the first one takes is not for the others to pay.
    let first = Editor::open(server, 0, documents).await?;
    let before = server.memory()?;
    let mut editors = Vec::new();
    for document in 0..documents {
        let mut editor = Editor::open(server, document, document).await?;
        editor.say(opening::updates(LETTERS)).await?;
        editors.push(editor);
    }
    for editor in &mut editors {
        editor.ask().await?;
    }
    let after = server.memory()?;
    drop((first, editors));
    #[expect(clippy::cast_precision_loss, reason = "some gibibytes at most")]
    Ok(after.saturating_sub(before) as f64 / documents as f64)
}
