//! Pages of documents.

/// At most so many documents make a page.
const MOST: u8 = 100;

/// How many documents make a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageSize(u8);

impl PageSize {
    /// As somebody asks for it; taken as 1 to 100.
    pub(crate) fn of(asked: u8) -> Self {
        Self(asked.clamp(1, MOST))
    }

    /// How many are looked for: one more than wanted tells whether another page follows.
    pub(crate) fn enough(self) -> i64 {
        i64::from(self.0) + 1
    }

    /// A page, out of what was looked for, and the place of its end if another follows.
    pub(crate) fn cut<T, P>(
        self,
        mut found: Vec<T>,
        place: impl FnOnce(&T) -> P,
    ) -> (Vec<T>, Option<P>) {
        let size = usize::from(self.0);
        let is_last = found.len() <= size;
        found.truncate(size);
        let end = found.last().filter(|_| !is_last).map(place);
        (found, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_another_follows() {
        let page = PageSize::of(2);
        assert_eq!(page.enough(), 3);
        assert_eq!(page.cut(vec![1, 2, 3], |last| *last), (vec![1, 2], Some(2)));
        assert_eq!(page.cut(vec![1, 2], |last| *last), (vec![1, 2], None));
        assert_eq!(page.cut(Vec::<u8>::new(), |last| *last), (vec![], None));
    }

    #[test]
    fn a_page_has_one_document_at_least_and_a_hundred_at_most() {
        assert_eq!([0, 1, 100, 255].map(|asked| PageSize::of(asked).enough()), [2, 2, 101, 101]);
    }
}
