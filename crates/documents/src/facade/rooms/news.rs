//! What is new of who is there, until everybody is told.

use std::collections::BTreeMap;

use crate::domain::sync::presence::ConnectionId;

/// Where an editor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whence {
    /// On this node: the others are told, too.
    Here,
    /// On another node, which has told the others.
    Elsewhere,
}

/// Editors of whom there is something new, each with its last clock.
#[derive(Debug, Default)]
pub(super) struct Unheard {
    editors: BTreeMap<u64, (u32, Whence)>,
    of: Option<ConnectionId>,
    is_of_several: bool,
}

/// What is to be told now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) here: Vec<(u64, u32)>,
    pub(super) elsewhere: Vec<(u64, u32)>,
    /// The connection that knows it all, because it has said it.
    pub(super) of: Option<ConnectionId>,
}

impl Unheard {
    pub(super) fn add(&mut self, of: ConnectionId, whence: Whence, editors: Vec<(u64, u32)>) {
        if editors.is_empty() {
            return;
        }
        self.is_of_several |= self.of.is_some_and(|other| other != of);
        self.of = Some(of);
        self.editors.extend(editors.into_iter().map(|(editor, clock)| (editor, (clock, whence))));
    }

    pub(super) fn take(&mut self) -> Option<News> {
        let Self { editors, of, is_of_several } = std::mem::take(self);
        if editors.is_empty() {
            return None;
        }
        let of = of.filter(|_| !is_of_several);
        let mut news = News { here: Vec::new(), elsewhere: Vec::new(), of };
        for (editor, (clock, whence)) in editors {
            match whence {
                Whence::Here => news.here.push((editor, clock)),
                Whence::Elsewhere => news.elsewhere.push((editor, clock)),
            }
        }
        Some(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_everybody_the_last_is_told_once_and_not_to_who_said_it_all() {
        let (ada, ben) = (ConnectionId(1), ConnectionId(2));
        let mut unheard = Unheard::default();
        assert_eq!(unheard.take(), None);
        for clock in 1..=300 {
            unheard.add(ada, Whence::Here, vec![(7, clock)]);
        }
        let news = News { here: vec![(7, 300)], elsewhere: Vec::new(), of: Some(ada) };
        assert_eq!(unheard.take(), Some(news));
        unheard.add(ada, Whence::Here, vec![(7, 301)]);
        unheard.add(ben, Whence::Elsewhere, vec![(8, 1)]);
        let news = News { here: vec![(7, 301)], elsewhere: vec![(8, 1)], of: None };
        assert_eq!(unheard.take(), Some(news));
        assert_eq!(unheard.take(), None);
    }
}
