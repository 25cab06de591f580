//! A company and its graph in memory, for the tests of this crate.

mod company;
mod tables;

pub(crate) use company::{
    ADMIN, COMPANY, ELSEWHERE, GUEST, MEMBER, OWNER, STRANGER, acting, archived, company, id,
};
pub(crate) use tables::Tables;
