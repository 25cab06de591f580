//! Pages of the log behind the window, read once for all who lag behind together.
//!
//! The partitions of a handler, handlers of a node that starts, and clients that come back all ask for the same pages at about
//! the same time. To read a page and to open its events costs more than most of what is done with them.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::OnceCell;

use crate::{
    domain::{envelope::Envelope, error::StorageError, position::Position},
    infrastructure::db::Db,
};

/// So many positions are in a page. All pages begin at multiples of it, so that those who are not quite as far share them, too.
const PAGE: i64 = 500;
/// So many pages are kept, and as long as they are not larger than this together.
const KEPT: usize = 8;
const KEPT_BYTES: usize = 16 * 1024 * 1024;
/// What nobody has asked for in this time is dropped.
const UNUSED: Duration = Duration::from_secs(1);

/// A part of the settled log.
#[derive(Debug)]
pub(super) struct Page {
    /// All that there are between its bounds, in order.
    events: Vec<Arc<Envelope>>,
    /// There is nothing else up to here.
    pub(super) reached: Position,
    bytes: usize,
}

impl Page {
    /// What is behind a position in it.
    pub(super) fn behind(&self, after: Position) -> impl Iterator<Item = Arc<Envelope>> {
        let first = self.events.partition_point(|event| event.position <= after);
        self.events[first..].iter().map(Arc::clone)
    }

    /// The part between two positions of a log that is wanted up to `end`.
    async fn read(db: &Db, after: i64, upto: i64, end: i64) -> Result<Self, StorageError> {
        let events = db.page(after, upto, PAGE).await?;
        let reached = if events.is_empty() {
            // Nobody goes through a long hole step by step.
            let next = db.page(upto, end, 1).await?;
            next.first().map_or(Position::new(end), |event| event.position.before())
        } else {
            Position::new(upto)
        };
        let bytes = events.iter().map(|event| event.data.get().len()).sum();
        let events = events.into_iter().map(Arc::new).collect();
        Ok(Self { events, reached, bytes })
    }
}

/// The pages that somebody has asked for just now.
#[derive(Debug, Default)]
pub(super) struct Pages(Mutex<Vec<Kept>>);

#[derive(Debug)]
struct Kept {
    bounds: (i64, i64),
    /// When somebody began to read it.
    begun: Instant,
    used: Instant,
    /// Empty while it is read; others who want it wait for that.
    page: Arc<OnceCell<Arc<Page>>>,
}

impl Kept {
    fn bytes(&self) -> usize {
        self.page.get().map_or(0, |page| page.bytes)
    }
}

impl Pages {
    /// The page in which the next events behind `after` are, of a log that is wanted up to `end`, as it was at `since` or later.
    pub(super) async fn behind(
        &self,
        db: &Db,
        (after, end): (Position, Position),
        since: Instant,
    ) -> Result<Arc<Page>, StorageError> {
        let (after, end) = (after.number(), end.number());
        let first = after - after % PAGE;
        let upto = end.min(first + PAGE);
        let page = self.kept((first, upto), since);
        let read = async || Page::read(db, first, upto, end).await.map(Arc::new);
        page.get_or_try_init(read).await.map(Arc::clone)
    }

    fn kept(&self, bounds: (i64, i64), since: Instant) -> Arc<OnceCell<Arc<Page>>> {
        let (mut all, now) = (self.lock(), Instant::now());
        all.retain(|kept| kept.bounds != bounds || kept.begun >= since);
        if let Some(kept) = all.iter_mut().find(|kept| kept.bounds == bounds) {
            kept.used = now;
            return Arc::clone(&kept.page);
        }
        while all.len() >= KEPT || all.iter().map(Kept::bytes).sum::<usize>() > KEPT_BYTES {
            let Some(oldest) = (0..all.len()).min_by_key(|at| all[*at].used) else { break };
            all.swap_remove(oldest);
        }
        let page = Arc::default();
        all.push(Kept { bounds, begun: now, used: now, page: Arc::clone(&page) });
        page
    }

    /// Drops what nobody asks for any more.
    pub(super) fn sweep(&self) {
        self.lock().retain(|kept| kept.used.elapsed() < UNUSED);
    }

    /// Drops all of them: what is read from now on may not be what was read before. What is being read is not kept, either.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{
        application::transaction::Transaction as _,
        domain::{core_events::TimerFired, origin::Origin},
        infrastructure::{migrations::MIGRATIONS, tx::Tx},
        on_both_engines, sql,
    };

    async fn append(db: &Db, events: usize) {
        let mut tx = Tx::begin(db, Origin::system("tests")).await.unwrap();
        for _ in 0..events {
            let [owner, instance, timer] = ["mail.greeter", "ada", "late"].map(str::to_owned);
            tx.emit(TimerFired { owner, instance, timer, due_at: DateTime::UNIX_EPOCH });
        }
        tx.commit().await.unwrap();
    }

    on_both_engines! {
        migrations: [&MIGRATIONS];

        async fn a_page_is_read_once_by_all_who_came_before_it_was_read(test: TestDb) {
            append(&test.db, 700).await;
            let (pages, came, end) = (Pages::default(), Instant::now(), Position::new(700));
            let read = async |after, since| {
                let bounds = (Position::new(after), end);
                pages.behind(&test.db, bounds, since).await.unwrap()
            };
            let first = read(0, came).await;
            assert_eq!((first.behind(Position::START).count(), first.reached.number()), (500, 500));
            let other = read(499, came).await;
            assert!(Arc::ptr_eq(&first, &other), "the same page, by whoever is a little farther");
            let left: Vec<_> = other.behind(Position::new(499)).map(|event| event.position.number()).collect();
            assert_eq!(left, [500]);
            let second = read(500, came).await;
            assert_eq!((second.behind(Position::new(500)).count(), second.reached), (200, end));

            let late = read(0, Instant::now()).await;
            assert!(!Arc::ptr_eq(&first, &late), "nobody is given what was read before he came");
            assert!(Arc::ptr_eq(&late, &read(0, came).await), "what was read later is good for all");
            pages.clear();
            assert!(!Arc::ptr_eq(&late, &read(0, came).await), "what was dropped is read anew");
        }

        async fn a_long_hole_is_passed_at_once(test: TestDb) {
            append(&test.db, 1_100).await;
            let mut tx = Tx::begin(&test.db, Origin::system("tests")).await.unwrap();
            tx.query(sql!("DELETE FROM event_log WHERE seq <= 1050")).exec().await.unwrap();
            tx.commit().await.unwrap();
            let (pages, end) = (Pages::default(), Position::new(1_100));
            let bounds = (Position::START, end);
            let page = pages.behind(&test.db, bounds, Instant::now()).await.unwrap();
            assert_eq!((page.events.len(), page.reached.number()), (0, 1_050));
            let bounds = (page.reached, end);
            let page = pages.behind(&test.db, bounds, Instant::now()).await.unwrap();
            assert_eq!((page.events.len(), page.reached), (50, end));
        }
    }

    #[test]
    fn few_pages_are_kept_and_those_longest_unused_go_first() {
        let (pages, came) = (Pages::default(), Instant::now());
        let kept = i64::try_from(KEPT).unwrap();
        for page in 0..=kept {
            pages.kept((page, page + 1), came);
        }
        let bounds: Vec<_> = pages.lock().iter().map(|kept| kept.bounds.0).collect();
        assert!(bounds.len() == KEPT && !bounds.contains(&0), "{bounds:?}");
        pages.sweep();
        assert_eq!(pages.lock().len(), KEPT, "somebody has just asked for them");
    }
}
