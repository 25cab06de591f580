//! The whole host as its users see it: started on a database of its own, and asked over HTTP.
#![expect(
    clippy::missing_panics_doc,
    reason = "everything here is for tests, which fail by panicking"
)]

mod address;
mod engine;
mod goals;
mod measure;
mod process;
mod scenario;

pub use address::address;
pub use engine::{Engine, on_each};
pub use goals::{Goal, Row, prove, show_rows};
pub use measure::{
    Comparison, Pace, Percentiles, Rounds, Way, median, resident, resident_of, show,
};
pub use process::{Served, enough_files, listening, settled};
pub use scenario::answer::Answer;
pub use scenario::editors::Editors;
pub use scenario::engines::{on_postgres, on_sqlite};
pub use scenario::page::Page;
pub use scenario::persona::Persona;
pub use scenario::request::Request;
pub use scenario::socket::Socket;
pub use scenario::stream::{EventStream, StreamEvent};
pub use scenario::wait::{DEADLINE, eventually, in_time};
pub use scenario::{OtherHost, Scenario};
