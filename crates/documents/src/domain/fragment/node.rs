//! Nodes of the tree, with what they mean and without what follows from that.

use std::hash::{Hash, Hasher};

use crate::domain::inline::Marks;

/// A node as ProseMirror knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Element(Element),
    Text(Vec<Run>),
    /// What no editor of ours has put there.
    Foreign,
}

impl Node {
    /// The plain text of it, for comparisons.
    pub(super) fn text(&self, into: &mut String) {
        match self {
            Self::Element(element) => {
                for node in &element.children {
                    node.text(into);
                }
            }
            Self::Text(runs) => into.extend(runs.iter().map(|run| run.text.as_str())),
            Self::Foreign => {}
        }
    }

    pub(super) fn is_empty_text(&self) -> bool {
        matches!(self, Self::Text(runs) if runs.is_empty())
    }
}

/// An element: its name decides which attributes it has.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub name: String,
    /// What the attributes of [`attributes`] are, in that order.
    pub values: Vec<Value>,
    /// What follows from where it stands: written with a new element, and not compared.
    pub derived: Vec<(&'static str, Value)>,
    pub children: Vec<Node>,
}

impl Element {
    fn compared(&self) -> (&str, &[Value], impl Iterator<Item = &Node>) {
        let Self { name, values, derived: _, children } = self;
        // The editor keeps an empty text where there was one; it says nothing.
        (name, values, children.iter().filter(|node| !node.is_empty_text()))
    }
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        let ((name, values, children), (name2, values2, children2)) =
            (self.compared(), other.compared());
        name == name2 && values == values2 && children.eq(children2)
    }
}

impl Eq for Element {}

impl Hash for Element {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (name, values, children) = self.compared();
        (name, values).hash(state);
        for node in children {
            node.hash(state);
        }
    }
}

/// Text of one look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub text: String,
    pub marks: Marks,
}

/// What an attribute is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Value {
    Is(bool),
    Number(u32),
    Text(String),
    /// `null`, which is stored as no attribute at all.
    None,
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The attributes that an element has by its name, and what they are unless somebody says otherwise.
///
/// Others, as the `id` of a heading or the `label` of an item, follow from the content; the editor
/// sees to them.
pub(super) fn attributes(name: &str) -> Vec<(&'static str, Value)> {
    match name {
        "heading" => vec![("level", Value::Number(1))],
        "bullet_list" => vec![("spread", Value::Is(false))],
        "ordered_list" => vec![("order", Value::Number(1)), ("spread", Value::Is(false))],
        "list_item" => vec![("checked", Value::None)],
        "code_block" => vec![("language", Value::text(""))],
        "image" => {
            vec![("src", Value::text("")), ("alt", Value::text("")), ("title", Value::text(""))]
        }
        "hardbreak" => vec![("isInline", Value::Is(false))],
        "html" => vec![("value", Value::text(""))],
        "table_header" | "table_cell" => vec![("alignment", Value::text("left"))],
        "footnote_definition" | "footnote_reference" => vec![("label", Value::text(""))],
        _ => Vec::new(),
    }
}
