//! A host without a model.

use std::sync::LazyLock;

use async_trait::async_trait;

use crate::{
    application::ports::{Answer, LanguageModel},
    domain::{call::Call, failure::AskFailure, models::Models},
};

/// What a host has that has no model: it says so.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unconfigured;

static UNKNOWN: LazyLock<Models> = LazyLock::new(Models::unknown);

#[async_trait]
impl LanguageModel for Unconfigured {
    fn models(&self) -> &Models {
        &UNKNOWN
    }

    async fn ask(&self, _call: &Call) -> Result<Box<dyn Answer>, AskFailure> {
        Err(AskFailure::NotConfigured)
    }
}
