#![doc = include_str!("../README.md")]

mod answer_surroundings;
mod app;
mod audit_log;
mod catalogue;
mod cli;
mod config;
mod demo;
mod legacy_bridge;
mod logging;
mod metrics;
mod note_surroundings;
mod onboarding;
mod rate_limits;
mod readiness;
mod sights;
mod standings;
mod upkeep;

pub use app::{App, AppBuilder, AppError, AppOptions, LlmOptions, MailOptions};
pub use catalogue::{CATALOGUES, MIGRATIONS};
pub use cli::run;
pub use config::{Config, ConfigError, Flags, LogFormat};
