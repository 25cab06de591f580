//! What is changed of a workspace or of a project.

use crate::fields::{Fields, FromFields};

/// The body of a change; what is missing stays, and what is blank goes.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) color: Option<String>,
    pub(crate) version: Option<i64>,
}

impl FromFields for Changed {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.text_if_sent("name");
        let description = fields.optional_text("description");
        let color = fields.optional_text("color");
        Some(Self { name, description, color, version: fields.optional_integer("version") })
    }
}
