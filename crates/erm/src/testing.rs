//! A company and its graph in memory, for the tests of this crate, and graphs that are drawn, for measurements, too.

#[cfg(test)]
mod company;
#[cfg(test)]
mod items;
mod planted;
mod shapes;
mod tables;

#[cfg(test)]
pub(crate) use company::{
    ADMIN, COMPANY, ELSEWHERE, GUEST, MEMBER, OWNER, STRANGER, acting, archived, company, id,
};
pub use planted::{Planted, plant};
pub use shapes::Shape;
#[cfg(test)]
pub(crate) use tables::Tables;
