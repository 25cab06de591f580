//! Fakes, the manual clock and the two-engine harness, for tests.

use std::fmt::Write as _;

use crate::domain::unsaved::NewEvent;

mod clock;
mod cut_short;
mod engines;
mod envelope;
mod fail_points;
mod fake_tx;
mod figure;
mod handler_test;
mod matrix;
mod memory_store;
mod parity;
mod process;
mod projection;
mod promises;
mod scan;
mod statements;
mod strangers;
mod template;
mod wait;

pub use crate::infrastructure::runtime::driver::Driver;
pub use crate::on_both_engines;
pub use crate::promises;
pub use crate::questions;
pub use clock::ManualClock;
pub use cut_short::CutShort;
pub use engines::{SERVER, TestDb};
pub use envelope::envelope;
pub use fake_tx::FakeTx;
pub use figure::figure;
pub use handler_test::{HandlerTest, Then};
pub use matrix::{Ask, Asker, Question, in_two_states, matrix, outcome};
pub use memory_store::MemoryStore;
pub use parity::schema_differences;
pub use process::ProcessTest;
pub use projection::apply;
pub use scan::Scan;
pub use statements::check_statements;
pub use strangers::Strangers;
pub use wait::{until_awaited, wait_until};

/// Events, one `type data` line each.
pub(crate) fn transcript(events: &[NewEvent]) -> String {
    events.iter().fold(String::new(), |mut text, event| {
        let event = event.any();
        let data = event.data().expect("events of tests serialise");
        writeln!(text, "{} {data}", event.event_type()).expect("a String takes everything");
        text
    })
}
