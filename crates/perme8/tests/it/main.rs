//! The program as its users meet it: started, read, stopped.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod archiving;
mod auditing;
mod commands;
mod demo;
mod embedding;
mod forgetting;
mod golden_files;
mod graphs;
mod operating;
mod program;
mod registered;
mod serve_limits;
mod serve_mails;
mod serve_refusals;
mod serve_searches;
mod serve_story;
mod serve_waits;
mod serving;
