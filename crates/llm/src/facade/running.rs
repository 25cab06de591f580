//! An answer that is being written, as everybody on this node sees it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::{Notify, watch};

use crate::{application::locks::locked, domain::told::Told};

/// An answer that is being written: what there is of it so far, and the wish not to go on.
pub(super) struct Running {
    progress: Mutex<Progress>,
    changed: watch::Sender<()>,
    cancel: Notify,
}

#[derive(Default)]
pub(super) struct Progress {
    pub(super) text: String,
    pub(super) told: Option<Arc<Told>>,
    /// Nothing changes any more.
    pub(super) is_over: bool,
}

impl Running {
    pub(super) fn new() -> Self {
        let (changed, _) = watch::channel(());
        Self { progress: Mutex::default(), changed, cancel: Notify::new() }
    }

    /// Nobody wants to hear more; the first word of it is enough.
    pub(super) fn cancel(&self) {
        self.cancel.notify_one();
    }

    /// Waits until nobody wants to hear more; only who writes the answer waits.
    pub(super) async fn cancelled(&self) {
        self.cancel.notified().await;
    }

    /// Told whenever there is more.
    pub(super) fn watch(&self) -> watch::Receiver<()> {
        let mut changes = self.changed.subscribe();
        changes.mark_changed();
        changes
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        locked(&self.progress)
    }

    pub(super) fn add(&self, piece: &str) {
        self.progress().text.push_str(piece);
        self.changed.send_replace(());
    }

    pub(super) fn end(&self, told: Told) {
        {
            let mut progress = self.progress();
            (progress.told, progress.is_over) = (Some(Arc::new(told)), true);
        }
        self.changed.send_replace(());
    }

    /// Lets go of everybody who waits.
    pub(super) fn over(&self) {
        self.progress().is_over = true;
        self.changed.send_replace(());
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}
