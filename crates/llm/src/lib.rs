#![doc = include_str!("../README.md")]

mod application;
mod domain;
mod facade;
mod infrastructure;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

// Language: for every layer of whoever asks a model.
pub use domain::budget::{Budget, estimated_tokens};
pub use domain::call::{
    Asker, Call, CallId, LONGEST_ANSWER, LlmCall, OVER_AFTER, Purpose, Question,
};
pub use domain::failure::AskFailure;
pub use domain::material::{Material, Page};
pub use domain::message::{Message, Speaker};
pub use domain::model_name::{InvalidModelName, ModelName};
pub use domain::models::{ListedModel, Models, Price};
pub use domain::piece::PieceSignal;
pub use domain::told::{Ending, Told, Usage};

// Asking, and what it takes: for the application and the facades of contexts.
pub use application::permit::Permit;
pub use application::ports::{Answer, Keeper, LanguageModel, Surroundings};
pub use facade::answers::Answers;
pub use facade::following::{Following, Heard};

// For hosts.
pub use application::read_models::{ModelUsage, UsageFilter};
pub use application::upkeep::{CloseAbandoned, LedgerUpkeepError, PurgeAccounts};
pub use domain::limits::CallLimits;
pub use domain::models::{InvalidModelList, ModelList};
pub use domain::provider::{ApiKey, InvalidApiKey, InvalidProviderUrl, Provider, ProviderUrl};
pub use facade::ledger::Ledger;
pub use facade::llm::Llm;
pub use facade::measures::describe_metrics;
pub use facade::unconfigured::Unconfigured;
pub use infrastructure::MIGRATIONS;
pub use infrastructure::completions_gateway::{ChatCompletions, CompletionsSetupError, Timeouts};
