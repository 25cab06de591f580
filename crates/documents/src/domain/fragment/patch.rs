//! The tree made to say something else, with the fewest edits that do.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use yrs::types::Attrs;
use yrs::{
    Any, Number, Text as _, TransactionMut, Xml as _, XmlElementPrelim, XmlElementRef, XmlFragment,
    XmlOut, XmlTextPrelim, XmlTextRef,
};

use super::node::{Element, Node, Run, Value, attributes};
use super::read;
use super::similarity::{Step, steps};
use crate::domain::difference::Change;
use crate::domain::inline::{Link, Marks};
use crate::domain::words;

/// Makes a fragment or an element have these children.
pub(super) fn children(txn: &mut TransactionMut<'_>, parent: &impl XmlFragment, target: &[Node]) {
    let mut current = read::children(txn, parent);
    let length = parent.len(txn);
    if current.len() != length as usize {
        // Something in it is no node, so nobody knows where the others are.
        parent.remove_range(txn, 0, length);
        current.clear();
    }
    if says_nothing(&current) && target.is_empty() {
        return;
    }
    let mut at = 0;
    let mut removed = 0;
    for step in steps(&current, target) {
        if step == Step::Remove {
            removed += 1;
            continue;
        }
        remove(txn, parent, at, &mut removed);
        match step {
            Step::Remove | Step::Keep => {}
            Step::Patch(new) => {
                if let Some(child) = parent.get(txn, at) {
                    node(txn, &child, &target[new]);
                }
            }
            Step::Insert(new) => insert(txn, parent, at, &target[new]),
        }
        at += 1;
    }
    remove(txn, parent, at, &mut removed);
}

/// An empty text in an empty paragraph is where somebody writes next, so it stays.
fn says_nothing(nodes: &[Node]) -> bool {
    nodes.iter().all(Node::is_empty_text)
}

fn remove(txn: &mut TransactionMut<'_>, parent: &impl XmlFragment, at: u32, count: &mut u32) {
    let (at, gone) = within(parent.len(txn), at, std::mem::take(count));
    if gone > 0 {
        parent.remove_range(txn, at, gone);
    }
}

/// A place and a length as far as they are in something of this length.
///
/// The library panics over an index that is not there. What an enemy has put into a note
/// can make it count less than it shows, so no index is taken for granted.
fn within(length: u32, at: u32, count: u32) -> (u32, u32) {
    let at = at.min(length);
    (at, count.min(length - at))
}

fn node(txn: &mut TransactionMut<'_>, of: &XmlOut, target: &Node) {
    match (of, target) {
        (XmlOut::Element(of), Node::Element(target)) => element(txn, of, target),
        (XmlOut::Text(of), Node::Text(target)) => text(txn, of, target),
        (XmlOut::Element(_) | XmlOut::Text(_) | XmlOut::Fragment(_), _) => {}
    }
}

fn element(txn: &mut TransactionMut<'_>, of: &XmlElementRef, target: &Element) {
    let current = read::values(txn, of, &target.name);
    let keys = attributes(&target.name).into_iter().map(|(key, _)| key);
    for (key, (old, new)) in keys.zip(current.iter().zip(&target.values)) {
        if old != new {
            set(txn, of, key, new);
        }
    }
    children(txn, of, &target.children);
}

fn insert(txn: &mut TransactionMut<'_>, parent: &impl XmlFragment, at: u32, target: &Node) {
    let (at, _) = within(parent.len(txn), at, 0);
    match target {
        Node::Element(target) => {
            let of = parent.insert(txn, at, XmlElementPrelim::empty(target.name.as_str()));
            let keys = attributes(&target.name).into_iter().map(|(key, _)| key);
            let derived = target.derived.iter().map(|(key, value)| (*key, value));
            for (key, value) in keys.zip(&target.values).chain(derived) {
                set(txn, &of, key, value);
            }
            for (at, child) in (0..).zip(&target.children) {
                insert(txn, &of, at, child);
            }
        }
        Node::Text(target) => {
            let of = parent.insert(txn, at, XmlTextPrelim::new(""));
            let letters = Letters::of(target);
            letters.insert(txn, &of, 0, 0..letters.letters.len());
        }
        Node::Foreign => {}
    }
}

fn set(txn: &mut TransactionMut<'_>, of: &XmlElementRef, key: &'static str, value: &Value) {
    match value {
        // The editor's own parser writes this one as text.
        Value::Is(is) if key == "spread" => {
            of.insert_attribute(txn, key, Any::from(is.to_string()));
        }
        Value::Is(is) => {
            of.insert_attribute(txn, key, Any::Bool(*is));
        }
        Value::Number(number) => {
            of.insert_attribute(txn, key, Any::Number(Number::Int(i64::from(*number))));
        }
        Value::Text(text) => {
            of.insert_attribute(txn, key, Any::from(text.as_str()));
        }
        Value::None => of.remove_attribute(txn, &key),
    }
}

/// Makes a text say something else: words that stay are not touched.
fn text(txn: &mut TransactionMut<'_>, of: &XmlTextRef, target: &[Run]) {
    let read::Runs { runs: current, is_pure } = read::runs(txn, of);
    if !is_pure {
        let length = of.len(txn);
        of.remove_range(txn, 0, length);
        let letters = Letters::of(target);
        letters.insert(txn, of, 0, 0..letters.letters.len());
        return;
    }
    let (old, new) = (Letters::of(&current), Letters::of(target));
    let mut at = 0;
    for change in words::changed_letters(&old.letters, &new.letters) {
        match change {
            Change::Kept { old: olds, new: news } => {
                for stretch in new.stretches(&old, olds, news) {
                    let length = width(new.letters[stretch.letters].iter().copied());
                    if let Some(formats) = stretch.formats {
                        let (at, length) = within(of.len(txn), at, length);
                        of.format(txn, at, length, formats);
                    }
                    at += length;
                }
            }
            Change::Replaced { old: olds, new: news } => {
                let gone = width(old.letters[olds].iter().copied());
                let (begin, gone) = within(of.len(txn), at, gone);
                if gone > 0 {
                    of.remove_range(txn, begin, gone);
                }
                at = new.insert(txn, of, at, news);
            }
        }
    }
}

/// Yjs counts as JavaScript does.
fn width(letters: impl Iterator<Item = char>) -> u32 {
    letters.map(|letter| if letter > '\u{ffff}' { 2 } else { 1 }).sum()
}

/// A text letter by letter, each with the marks it has.
struct Letters<'a> {
    letters: Vec<char>,
    marks: Vec<&'a Marks>,
}

/// Letters in a row that get the same formats, if any.
struct Stretch {
    letters: Range<usize>,
    formats: Option<Attrs>,
}

impl<'a> Letters<'a> {
    fn of(runs: &'a [Run]) -> Self {
        let letters = runs.iter().flat_map(|run| run.text.chars()).collect();
        let marks = runs.iter().flat_map(|run| run.text.chars().map(|_| &run.marks)).collect();
        Self { letters, marks }
    }

    /// What is to be done with letters that stay, so that they look like this.
    fn stretches(&self, old: &Self, olds: Range<usize>, news: Range<usize>) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut before: Option<(&Marks, &Marks)> = None;
        for (from, to) in olds.zip(news) {
            let pair = (old.marks[from], self.marks[to]);
            match stretches.last_mut() {
                Some(stretch) if before == Some(pair) => stretch.letters.end = to + 1,
                Some(_) | None => stretches.push(Stretch {
                    letters: to..to + 1,
                    formats: (pair.0 != pair.1).then(|| format_changes(pair.0, pair.1)),
                }),
            }
            before = Some(pair);
        }
        stretches
    }

    /// Inserts letters as they look here, and returns where they end.
    fn insert(
        &self,
        txn: &mut TransactionMut<'_>,
        of: &XmlTextRef,
        mut at: u32,
        letters: Range<usize>,
    ) -> u32 {
        let mut begin = letters.start;
        while begin < letters.end {
            let marks = self.marks[begin];
            let length = self.marks[begin..letters.end].iter().take_while(|m| **m == marks).count();
            let text: String = self.letters[begin..begin + length].iter().collect();
            let (place, _) = within(of.len(txn), at, 0);
            of.insert_with_attributes(txn, place, &text, formats(marks));
            at += width(text.chars());
            begin += length;
        }
        at
    }
}

/// The formats of a text that is new.
fn formats(marks: &Marks) -> Attrs {
    format_changes(&Marks::default(), marks)
}

/// The formats that turn the marks of a text into others; one that ends becomes null.
fn format_changes(old: &Marks, new: &Marks) -> Attrs {
    let marker = || object([("marker", Any::from("*"))]);
    let plain = || object([]);
    let mut formats = Attrs::new();
    let mut mark = |name: &str, old: bool, new: bool, value: fn() -> Any| {
        if old != new {
            formats.insert(Arc::from(name), if new { value() } else { Any::Null });
        }
    };
    mark("strong", old.strong, new.strong, marker);
    mark("emphasis", old.emphasis, new.emphasis, marker);
    mark("strike_through", old.strike, new.strike, plain);
    mark("inlineCode", old.code, new.code, plain);
    if old.link != new.link {
        let value = new.link.as_ref().map_or(Any::Null, |Link { href, title }| {
            let title = title.as_deref().map_or(Any::Null, Any::from);
            object([("href", Any::from(href.as_str())), ("title", title)])
        });
        formats.insert(Arc::from("link"), value);
    }
    formats
}

/// What JavaScript calls an object.
fn object<const N: usize>(of: [(&str, Any); N]) -> Any {
    Any::from(of.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<HashMap<_, _>>())
}
