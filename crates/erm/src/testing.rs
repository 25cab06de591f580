//! A company and its graph in memory, for the tests of this crate, and graphs that are drawn, for measurements, too.

mod by_hand;
#[cfg(test)]
mod company;
#[cfg(test)]
mod items;
#[cfg(test)]
mod people;
#[cfg(test)]
mod plans;
mod planted;
#[cfg(test)]
mod reindexing;
mod shapes;
#[cfg(test)]
mod tables;

pub use by_hand::{ByHand, Scan};
#[cfg(test)]
pub(crate) use company::{
    ADMIN, COMPANY, ELSEWHERE, GUEST, MEMBER, OWNER, STRANGER, acting, archived, company, id,
};
#[cfg(test)]
pub(crate) use people::{ROOM, Said, added, edge, led, people, person, properties, with_people};
#[cfg(test)]
pub(crate) use plans::{plan, planned_alike};
pub use planted::{Planted, plant, plant_telling};
#[cfg(test)]
pub(crate) use planted::{analyse, look_at_few, people_with_values, put};
#[cfg(test)]
pub(crate) use reindexing::Orphans;
pub use shapes::Shape;
#[cfg(test)]
pub(crate) use tables::Tables;
