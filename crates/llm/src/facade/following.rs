//! Whoever hears an answer while it is being written.

use std::{fmt, sync::Arc};

use tokio::sync::watch;

use crate::{domain::told::Told, facade::running::Running};

/// Hears an answer: everything so far, then what comes, then the end.
pub struct Following {
    running: Arc<Running>,
    changes: watch::Receiver<()>,
    /// How much was heard, in bytes.
    heard: usize,
    has_ended: bool,
    cancels: bool,
}

/// What is heard of an answer.
#[derive(Clone, PartialEq, Eq)]
pub enum Heard {
    /// What came since the last time.
    Piece(String),
    /// It has ended, and what was told is kept.
    Ended(Arc<Told>),
}

impl Following {
    pub(super) fn of(running: Arc<Running>) -> Self {
        let changes = running.watch();
        Self { running, changes, heard: 0, has_ended: false, cancels: false }
    }

    /// The same, for somebody for whose ears alone the answer is: when they go away before its end, it is cancelled.
    ///
    /// Cancelled for everybody: two who begin the same answer hear one, and the first of them to go away ends it for both.
    #[must_use]
    pub fn cancelling_when_dropped(mut self) -> Self {
        self.cancels = true;
        self
    }

    /// Waits for more; nothing comes after the end. Nothing is lost when the wait is cancelled.
    pub async fn next(&mut self) -> Option<Heard> {
        while !self.has_ended {
            self.changes.changed().await.ok()?;
            if let Some(heard) = self.heard() {
                return Some(heard);
            }
        }
        None
    }

    /// Waits for the end; `None` when the host broke down before.
    pub async fn end(mut self) -> Option<Arc<Told>> {
        loop {
            if let Heard::Ended(told) = self.next().await? {
                return Some(told);
            }
        }
    }

    fn heard(&mut self) -> Option<Heard> {
        let progress = self.running.progress();
        if progress.text.len() > self.heard {
            let piece = progress.text[self.heard..].to_owned();
            self.heard = progress.text.len();
            if progress.is_over {
                // The end is still to be heard.
                self.changes.mark_changed();
            }
            return Some(Heard::Piece(piece));
        }
        self.has_ended = progress.is_over;
        progress.told.clone().map(Heard::Ended)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        if self.cancels && !self.has_ended {
            self.running.cancel();
        }
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Following")
            .field("heard", &self.heard)
            .field("has_ended", &self.has_ended)
            .field("cancels", &self.cancels)
            .finish_non_exhaustive()
    }
}

/// Leaves the text out.
impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Piece(_) => f.debug_tuple("Piece").finish_non_exhaustive(),
            Self::Ended(told) => f.debug_tuple("Ended").field(told).finish(),
        }
    }
}
