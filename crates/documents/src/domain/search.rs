//! Finding documents by words: what a word is, what is kept of a document for searches, and what is shown of it.
//!
//! The engines of databases only store words and compare their beginnings. They make none, so both find the same.

use perme8_events::WorkspaceId;

pub(crate) mod excerpt;
pub(crate) mod indexed;
pub(crate) mod query;
mod words;

/// The words of a text as searches compare them, in order: without letter case, and cut where they are very long.
///
/// Where a script has nothing between its words, every two letters that follow each other are one.
pub fn searched_words(text: &str) -> impl Iterator<Item = String> {
    words::runs(text).flat_map(|run| run.words(text)).map(|word| word.folded)
}

/// What stands before every word of a workspace: a search walks through the words of its own workspace, and nobody waits for
/// what others have written.
///
/// Two workspaces may share it, so it tells whose words those are to nobody.
fn shelf(workspace: WorkspaceId) -> String {
    let mut id = workspace.uuid().simple().to_string();
    // The first digits are those of the time.
    id.split_off(id.len() - SHELF_DIGITS)
}

/// So many hexadecimal digits of its id stand for a workspace.
const SHELF_DIGITS: usize = 8;
