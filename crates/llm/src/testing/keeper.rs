//! Somebody who keeps an answer in memory.

use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use perme8_events::StorageError;

use crate::{application::locks::locked, application::ports::Keeper, domain::told::Told};

/// What was kept of an answer.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Each text so far, in order.
    pub so_far: Vec<String>,
    /// The end, if it was kept.
    pub told: Option<Told>,
}

/// Keeps an answer in memory; a clone shows what is kept.
#[derive(Debug, Clone, Default)]
pub struct MemoryKeeper {
    kept: Arc<Mutex<Kept>>,
    refusals: Arc<Mutex<u32>>,
    is_unwanted: Arc<AtomicBool>,
}

impl MemoryKeeper {
    /// Keeps everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The storage is away so many times first.
    #[must_use]
    pub fn refusing(times: u32) -> Self {
        Self { refusals: Arc::new(Mutex::new(times)), ..Self::default() }
    }

    /// Nobody wants more of the answer from now on.
    pub fn want_no_more(&self) {
        self.is_unwanted.store(true, Ordering::SeqCst);
    }

    /// What is kept.
    #[must_use]
    pub fn kept(&self) -> Kept {
        locked(&self.kept).clone()
    }

    fn storage(&self) -> Result<MutexGuard<'_, Kept>, StorageError> {
        let mut refusals = locked(&self.refusals);
        match refusals.checked_sub(1) {
            Some(left) => {
                *refusals = left;
                Err(StorageError::conflict())
            }
            None => Ok(locked(&self.kept)),
        }
    }
}

#[async_trait]
impl Keeper for MemoryKeeper {
    async fn keep(&mut self, so_far: &str) -> Result<bool, StorageError> {
        self.storage()?.so_far.push(so_far.to_owned());
        Ok(!self.is_unwanted.load(Ordering::SeqCst))
    }

    async fn end(&mut self, told: &Told) -> Result<(), StorageError> {
        self.storage()?.told = Some(told.clone());
        Ok(())
    }
}
