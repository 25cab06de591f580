//! A future that is dropped in the middle of its work, like that of a client that hangs up.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// Gives up on a future when it has waited so many times; `None` then.
#[must_use = "a future does nothing until it is awaited"]
pub struct CutShort<'f, R> {
    work: Option<Pin<Box<dyn Future<Output = R> + Send + 'f>>>,
    waits: usize,
}

impl<R> std::fmt::Debug for CutShort<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CutShort").field("waits", &self.waits).finish_non_exhaustive()
    }
}

impl<'f, R> CutShort<'f, R> {
    /// Lets `work` wait so many times before it is dropped.
    pub fn after(waits: usize, work: impl Future<Output = R> + Send + 'f) -> Self {
        Self { work: Some(Box::pin(work)), waits }
    }
}

impl<R> Future for CutShort<'_, R> {
    type Output = Option<R>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = &mut self.work else { return Poll::Ready(None) };
        if let Poll::Ready(result) = work.as_mut().poll(context) {
            return Poll::Ready(Some(result));
        }
        if self.waits == 0 {
            self.work = None;
            return Poll::Ready(None);
        }
        self.waits -= 1;
        Poll::Pending
    }
}
