//! Markdown, as people write it and as the editor shows it: CommonMark with the tables, tasks, strikes and footnotes of GitHub.

mod escape;
pub(crate) mod parse;
pub(crate) mod render;
mod spans;
#[cfg(test)]
mod tests;
