//! A future that is dropped in the middle of its work, like that of a client that hangs up.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// Gives up on a future when it has waited so many times; `None` then.
pub(crate) struct CutShort<'f, R> {
    work: Option<Pin<Box<dyn Future<Output = R> + Send + 'f>>>,
    waits: usize,
}

impl<'f, R> CutShort<'f, R> {
    pub(crate) fn after(waits: usize, work: impl Future<Output = R> + Send + 'f) -> Self {
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
