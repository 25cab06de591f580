//! Which new node an old one becomes, so that what others write in it at the same time stays.

use std::collections::HashMap;

use super::node::Node;
use crate::domain::difference::{Change, changes};

/// What happens with nodes, from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Keep,
    /// The old node becomes the new one of this number.
    Patch(usize),
    Remove,
    Insert(usize),
}

/// How many pairs of nodes are weighed against each other; others pair up as they stand.
const MAX_PAIRS: usize = 10_000;

/// How many words of a node count.
const MAX_WORDS: usize = 2_000;

/// The steps from old nodes to new ones.
pub(super) fn steps(old: &[Node], new: &[Node]) -> Vec<Step> {
    let mut steps = Vec::new();
    for change in changes(old, new) {
        match change {
            Change::Kept { old, new: _ } => steps.extend(old.map(|_| Step::Keep)),
            Change::Replaced { old: olds, new: news } => {
                for step in pairs(&old[olds], &new[news.clone()]) {
                    steps.push(match step {
                        Step::Patch(at) => Step::Patch(news.start + at),
                        Step::Insert(at) => Step::Insert(news.start + at),
                        Step::Keep | Step::Remove => step,
                    });
                }
            }
        }
    }
    steps
}

/// Pairs up nodes of one kind, in their order, so that the pairs are as alike as can be.
fn pairs(old: &[Node], new: &[Node]) -> Vec<Step> {
    let width = new.len() + 1;
    let weighed = old.len() * new.len() <= MAX_PAIRS;
    if !weighed {
        return pairs_as_they_stand(old, new);
    }
    let (old_words, new_words) = (words_of_all(old), words_of_all(new));
    // The best sum for what is left of both, from the ends to the beginnings.
    let mut best = vec![0_u32; (old.len() + 1) * width];
    let mut alike = vec![None; old.len() * new.len()];
    for i in (0..old.len()).rev() {
        for k in (0..new.len()).rev() {
            let pair = are_of_one_kind(&old[i], &new[k])
                .then(|| 1 + likeness(&old_words[i], &new_words[k]));
            let paired = pair.map(|pair| pair + best[(i + 1) * width + k + 1]);
            let single = best[(i + 1) * width + k].max(best[i * width + k + 1]);
            alike[i * new.len() + k] = paired.filter(|paired| *paired >= single);
            best[i * width + k] = paired.unwrap_or(0).max(single);
        }
    }
    let (mut i, mut k, mut steps) = (0, 0, Vec::new());
    while i < old.len() || k < new.len() {
        let is_pair = i < old.len() && k < new.len() && alike[i * new.len() + k].is_some();
        if is_pair {
            steps.push(Step::Patch(k));
            (i, k) = (i + 1, k + 1);
        } else if k == new.len()
            || (i < old.len() && best[(i + 1) * width + k] >= best[i * width + k + 1])
        {
            steps.push(Step::Remove);
            i += 1;
        } else {
            steps.push(Step::Insert(k));
            k += 1;
        }
    }
    steps
}

fn pairs_as_they_stand(old: &[Node], new: &[Node]) -> Vec<Step> {
    let both = old.len().min(new.len());
    let mut steps = Vec::new();
    for at in 0..both {
        if are_of_one_kind(&old[at], &new[at]) {
            steps.push(Step::Patch(at));
        } else {
            steps.extend([Step::Remove, Step::Insert(at)]);
        }
    }
    steps.extend(old[both..].iter().map(|_| Step::Remove));
    steps.extend((both..new.len()).map(Step::Insert));
    steps
}

fn are_of_one_kind(old: &Node, new: &Node) -> bool {
    match (old, new) {
        (Node::Element(old), Node::Element(new)) => old.name == new.name,
        (Node::Text(_), Node::Text(_)) => true,
        (Node::Element(_) | Node::Text(_) | Node::Foreign, _) => false,
    }
}

/// The words of a node, and how often each is there.
type Words = HashMap<String, u32>;

fn words_of_all(nodes: &[Node]) -> Vec<Words> {
    let words = |node: &Node| {
        let mut text = String::new();
        node.text(&mut text);
        let mut words = Words::new();
        for word in text.split_whitespace().take(MAX_WORDS) {
            *words.entry(word.to_owned()).or_default() += 1;
        }
        words
    };
    nodes.iter().map(words).collect()
}

/// How many of a thousand words two nodes share.
fn likeness(old: &Words, new: &Words) -> u32 {
    let all: u32 = old.values().chain(new.values()).sum();
    let shared: u32 =
        old.iter().map(|(word, count)| (*count).min(new.get(word).copied().unwrap_or(0))).sum();
    (2_000 * shared).checked_div(all).unwrap_or(1_000)
}
