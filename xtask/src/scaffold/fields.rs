//! The fields of an event: how they are typed, and what is said of them.

use anyhow::{Context as _, Result, bail};

use super::names;

/// A field of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) ty: String,
    /// A sentence.
    pub(super) meaning: String,
    /// `#[event(aggregate_id)]` and the like.
    pub(super) attributes: Vec<String>,
}

impl Field {
    /// `name:Type`.
    pub(super) fn asked(text: &str) -> Result<Self> {
        let (name, ty) = text.split_once(':').with_context(|| {
            format!("`{text}` is no field: write `name:Type`, `name:String` for example")
        })?;
        let name = names::module_name("a field", name.trim())?;
        super::types::names(ty.trim())?;
        Ok(Self::new(name, ty.trim().to_owned()))
    }

    /// All of them; none is there twice.
    pub(super) fn all(texts: &[String]) -> Result<Vec<Self>> {
        let fields: Vec<Self> =
            texts.iter().map(|text| Self::asked(text)).collect::<Result<_>>()?;
        for (index, field) in fields.iter().enumerate() {
            if fields[..index].iter().any(|other| other.name == field.name) {
                bail!("the field `{}` is there twice", field.name);
            }
        }
        Ok(fields)
    }

    pub(super) fn new(name: String, ty: String) -> Self {
        let meaning = meaning(&name, &ty);
        Self { name, ty, meaning, attributes: Vec::new() }
    }

    pub(super) fn with(mut self, attribute: &str) -> Self {
        self.attributes.push(attribute.to_owned());
        self
    }

    /// As it stands in a struct.
    pub(super) fn text(&self) -> String {
        let Self { name, ty, meaning, attributes } = self;
        let attributes: Vec<String> =
            attributes.iter().map(|text| format!("    {text}\n")).collect();
        format!("    /// {meaning}\n{}    pub {name}: {ty},\n", attributes.concat())
    }
}

/// What can be said of a field by its name alone.
fn meaning(name: &str, ty: &str) -> String {
    let words = names::words(name);
    let if_any = if ty.starts_with("Option<") { ", if there is one" } else { "" };
    if name == "workspace_id" {
        return if if_any.is_empty() { "Where." } else { "Where, if in a workspace." }.to_owned();
    }
    if let Some(rest) = name.strip_prefix("is_").or_else(|| name.strip_prefix("has_")) {
        let verb = &name[..name.len() - rest.len() - 1];
        return format!("Whether it {verb} {}.", names::words(rest));
    }
    if let Some(thing) = words.strip_suffix(" id") {
        return format!("Which {thing}{if_any}.");
    }
    if let Some(thing) = words.strip_suffix(" ids") {
        return format!("Which ones: each is the id of {}.", names::with_article(thing));
    }
    format!("The {words}{if_any}.")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_field_says_what_its_name_says() {
        let fields = [
            "project_id:ProjectId",
            "agent_id:Option<AgentId>",
            "name: String",
            "note:Option<String>",
            "is_public:bool",
            "user_ids:Vec<UserId>",
        ];
        let text: String = fields.iter().map(|field| Field::asked(field).unwrap().text()).collect();
        expect![[r"
            struct Told {
                /// Which project.
                pub project_id: ProjectId,
                /// Which agent, if there is one.
                pub agent_id: Option<AgentId>,
                /// The name.
                pub name: String,
                /// The note, if there is one.
                pub note: Option<String>,
                /// Whether it is public.
                pub is_public: bool,
                /// Which ones: each is the id of a user.
                pub user_ids: Vec<UserId>,
            }
        "]]
        .assert_eq(&format!("struct Told {{\n{text}}}\n"));
    }

    #[test]
    fn what_is_no_field_is_refused() {
        for field in ["name", "Name:String", "type:String", "name:", "name:&str", ":String"] {
            assert!(Field::asked(field).is_err(), "{field}");
        }
    }
}
