//! A company and its agents in memory, for the tests of this crate.

mod company;
mod tables;

pub(crate) use company::{
    ADMIN, COMPANY, ELSEWHERE, GUEST, HELPER, LONER, MEMBER, NOTES, OWNER, STRANGER, acting, agent,
    archived, company, crowded, id, membership, named,
};
pub(crate) use tables::Tables;
