//! A company and what its people talk about in memory, for the tests of this crate.

mod company;
mod tables;

pub(crate) use company::{
    ADA, ANSWER, COMPANY, ELSEWHERE, MILL, QUESTION, RETIRED, SCRIBE, SESSION, SLEEPER, STRANGER,
    acting, chat, chat_on, chat_selecting, id, model, of_ada, says,
};
pub(crate) use tables::Tables;
