//! The tree as it is stored, read as nodes.

use yrs::types::Attrs;
use yrs::types::text::YChange;
use yrs::{
    Any, Number, Out, ReadTxn, Text as _, Xml as _, XmlElementRef, XmlFragment, XmlOut, XmlTextRef,
};

use super::node::{Element, Node, Run, Value, attributes};
use crate::domain::inline::{Link, Marks};

/// Deeper nodes are not looked at.
const MAX_DEPTH: usize = 64;

/// The nodes in a fragment or an element; what comes behind something that is no node is left out.
pub(super) fn children(txn: &impl ReadTxn, parent: &impl XmlFragment) -> Vec<Node> {
    children_within(txn, parent, MAX_DEPTH)
}

fn children_within(txn: &impl ReadTxn, parent: &impl XmlFragment, depth: usize) -> Vec<Node> {
    parent.children(txn).map(|child| node(txn, &child, depth)).collect()
}

fn node(txn: &impl ReadTxn, of: &XmlOut, depth: usize) -> Node {
    match (of, depth.checked_sub(1)) {
        (XmlOut::Element(of), Some(depth)) => match of.try_tag() {
            Some(name) => Node::Element(element(txn, of, name, depth)),
            None => Node::Foreign,
        },
        (XmlOut::Text(text), Some(_)) => Node::Text(runs(txn, text).runs),
        (XmlOut::Element(_) | XmlOut::Text(_) | XmlOut::Fragment(_), _) => Node::Foreign,
    }
}

fn element(txn: &impl ReadTxn, of: &XmlElementRef, name: &str, depth: usize) -> Element {
    Element {
        name: name.to_owned(),
        values: values(txn, of, name),
        derived: Vec::new(),
        children: children_within(txn, of, depth),
    }
}

/// What the attributes of an element are, in the order of their names.
pub(super) fn values(txn: &impl ReadTxn, of: &XmlElementRef, name: &str) -> Vec<Value> {
    let value = |(key, default): (&'static str, Value)| {
        let stored = of.get_attribute(txn, key).map(|stored| value(key, stored));
        stored.filter(|stored| fits(stored, &default)).unwrap_or(default)
    };
    attributes(name).into_iter().map(value).collect()
}

fn value(key: &str, stored: Out) -> Value {
    match stored {
        Out::Any(Any::Bool(is)) => Value::Is(is),
        Out::Any(Any::Number(Number::Int(number))) => {
            u32::try_from(number).map_or(Value::None, Value::Number)
        }
        // The editor writes some as text.
        Out::Any(Any::String(text)) if matches!(key, "spread" | "checked") => {
            Value::Is(&*text == "true")
        }
        Out::Any(Any::String(text)) => Value::text(&text),
        Out::Any(_)
        | Out::YText(_)
        | Out::YArray(_)
        | Out::YMap(_)
        | Out::YXmlElement(_)
        | Out::YXmlFragment(_)
        | Out::YXmlText(_)
        | Out::YDoc(_)
        | Out::UndefinedRef(_) => Value::None,
    }
}

/// Whether a value is of the kind that an attribute has; the one that may be none is a yes or no.
fn fits(stored: &Value, default: &Value) -> bool {
    match default {
        Value::None => matches!(stored, Value::Is(_)),
        Value::Is(_) | Value::Number(_) | Value::Text(_) => {
            std::mem::discriminant(stored) == std::mem::discriminant(default)
        }
    }
}

/// What stands in a text.
pub(super) struct Runs {
    pub runs: Vec<Run>,
    /// Whether it has nothing else in it.
    pub is_pure: bool,
}

pub(super) fn runs(txn: &impl ReadTxn, text: &XmlTextRef) -> Runs {
    let mut read = Runs { runs: Vec::new(), is_pure: true };
    for diff in text.diff(txn, YChange::identity) {
        let Out::Any(Any::String(text)) = diff.insert else {
            read.is_pure = false;
            continue;
        };
        let marks = diff.attributes.as_deref().map(marks).unwrap_or_default();
        match read.runs.last_mut() {
            Some(before) if before.marks == marks => before.text.push_str(&text),
            Some(_) | None => read.runs.push(Run { text: (*text).to_owned(), marks }),
        }
    }
    read
}

fn marks(attributes: &Attrs) -> Marks {
    let is_set = |name: &str| {
        attributes.get(name).is_some_and(|value| !matches!(value, Any::Null | Any::Bool(false)))
    };
    Marks {
        strong: is_set("strong"),
        emphasis: is_set("emphasis"),
        strike: is_set("strike_through"),
        code: is_set("inlineCode"),
        link: attributes.get("link").and_then(link),
    }
}

fn link(value: &Any) -> Option<Link> {
    let Any::Map(value) = value else { return None };
    let text = |key: &str| {
        let Any::String(text) = value.get(key)? else { return None };
        Some((**text).to_owned())
    };
    let title = text("title").filter(|title| !title.is_empty());
    Some(Link { href: text("href")?, title })
}
