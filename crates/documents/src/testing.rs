//! A company and its documents in memory, for the tests of this crate.

mod company;
mod note_tables;
mod tables;

pub(crate) use company::{
    ADMIN, ATTIC, COMPANY, DIARY, ELSEWHERE, GUEST, MEMBER, OWNER, PLANS, ROADMAP, STRANGER,
    acting, archived, at_home, attic, company, document, id, in_attic, in_roadmap, roadmap, says,
    trashed,
};
pub(crate) use note_tables::{HoldsNotes, NoteTables};
pub(crate) use tables::Tables;
