//! A company and its agents in memory, for the tests of this crate.

mod answering;
mod company;
mod tables;

pub(crate) use answering::{asking, in_this_workspace};
pub(crate) use company::{
    ADMIN, COMPANY, ELSEWHERE, GUEST, HELPER, LONER, MEMBER, NOTES, OWNER, STRANGER, acting, agent,
    archived, asked_of, company, crowded, id, membership, models, named, query,
};
pub(crate) use tables::Tables;
