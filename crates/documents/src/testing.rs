//! A company and its documents in memory for the tests of this crate, and the stock editors for all.

#[cfg(test)]
mod company;
#[cfg(test)]
mod note_tables;
mod scan;
mod stock_editors;
#[cfg(test)]
mod tables;
mod typed;
#[cfg(test)]
mod village;

#[cfg(test)]
pub(crate) use company::{
    ADMIN, ATTIC, COMPANY, DIARY, ELSEWHERE, GUEST, MEMBER, OWNER, PLANS, ROADMAP, STRANGER,
    acting, archived, at_home, attic, company, document, id, in_attic, in_roadmap, roadmap, says,
    trashed,
};
#[cfg(test)]
pub(crate) use note_tables::{HoldsNotes, NoteTables};
pub use scan::scan_texts;
pub use stock_editors::StockEditors;
#[cfg(test)]
pub(crate) use tables::Tables;
pub use typed::append_updates;
#[cfg(test)]
pub(crate) use village::Village;
