//! A decision that nobody saves.

#![deny(unused_must_use)]

use perme8_events::{Aggregate, Unsaved};

struct Project {
    id: u8,
}

impl Aggregate for Project {
    const TYPE: &'static str = "project";
    type Id = u8;

    fn id(&self) -> u8 {
        self.id
    }
}

impl Project {
    fn create(id: u8) -> Unsaved<Self> {
        Unsaved::new(Self { id })
    }
}

fn main() {
    Project::create(1);
}
