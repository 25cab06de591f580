//! A company and its projects in memory, for the tests of this crate.

mod company;
mod tables;

pub(crate) use company::{
    ADMIN, COMPANY, ELSEWHERE, GUEST, MEMBER, OPS, OWNER, ROADMAP, STRANGER, acting, archived,
    company, id, project, put_away,
};
pub(crate) use tables::Tables;
