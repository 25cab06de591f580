//! What waits to be sent to an editor.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::Notify;

use super::connection::EditingEnd;

/// An editor for which so much waits is too slow.
const MOST_FRAMES: usize = 4096;
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Frames for one editor, in their order, and then why it is over.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Bytes>,
    bytes: usize,
    end: Option<EditingEnd>,
}

impl Outbox {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a frame; says whether the editor still takes any. Nobody waits for one that is too slow.
    pub(super) fn push(&self, frame: Bytes) -> bool {
        let mut waiting = self.waiting();
        if waiting.end.is_some() {
            return false;
        }
        // One frame is taken however long it is: a note fits into it.
        let is_full = waiting.frames.len() >= MOST_FRAMES
            || (!waiting.frames.is_empty() && waiting.bytes + frame.len() > MOST_BYTES);
        if is_full {
            waiting.finish(EditingEnd::TooSlow);
        } else {
            waiting.bytes += frame.len();
            waiting.frames.push_back(frame);
        }
        drop(waiting);
        self.filled.notify_one();
        !is_full
    }

    /// Nothing is sent any more.
    pub(super) fn end(&self, why: EditingEnd) {
        self.waiting().finish(why);
        self.filled.notify_one();
    }

    /// Why nothing is sent any more, if so.
    pub(super) fn ended(&self) -> Option<EditingEnd> {
        self.waiting().end
    }

    /// Takes the next frame, once there is one. Nothing is lost when the wait is cancelled.
    pub(super) async fn next(&self) -> Result<Bytes, EditingEnd> {
        loop {
            if let Some(next) = self.waiting().take() {
                return next;
            }
            self.filled.notified().await;
        }
    }
}

impl Waiting {
    fn take(&mut self) -> Option<Result<Bytes, EditingEnd>> {
        let Some(frame) = self.frames.pop_front() else { return self.end.map(Err) };
        self.bytes -= frame.len();
        Some(Ok(frame))
    }

    /// The first reason counts; what waits may be none of the editor's business any more.
    fn finish(&mut self, why: EditingEnd) {
        self.end.get_or_insert(why);
        self.frames.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn next(outbox: &Outbox) -> Option<Result<usize, EditingEnd>> {
        outbox.next().now_or_never().map(|next| next.map(|frame| frame.len()))
    }

    #[test]
    fn frames_come_in_their_order_and_the_end_comes_again_and_again() {
        let outbox = Outbox::default();
        assert_eq!(next(&outbox), None);
        for length in [1, 2] {
            assert!(outbox.push(vec![0; length].into()));
        }
        assert_eq!((next(&outbox), next(&outbox), next(&outbox)), (Some(Ok(1)), Some(Ok(2)), None));
        outbox.push(Bytes::from_static(b"late"));
        outbox.end(EditingEnd::AccessLost);
        outbox.end(EditingEnd::Closed);
        assert!(!outbox.push(Bytes::from_static(b"later")));
        for _ in 0..2 {
            assert_eq!(next(&outbox), Some(Err(EditingEnd::AccessLost)));
        }
    }

    #[test]
    fn an_editor_that_takes_nothing_is_let_go() {
        for length in [1, MOST_BYTES / 4] {
            let outbox = Outbox::default();
            let frame = Bytes::from(vec![0; length]);
            let taken = (0..=MOST_FRAMES).take_while(|_| outbox.push(frame.clone())).count();
            assert_eq!(taken, MOST_FRAMES.min(MOST_BYTES / length));
            assert_eq!(next(&outbox), Some(Err(EditingEnd::TooSlow)));
        }
    }
}
