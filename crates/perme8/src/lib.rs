#![doc = include_str!("../README.md")]
//!
//! ## In these pages
//!
//! - [`App`] is the system: [`App::open`] on a database that it migrates, [`App::assemble`] on one that somebody else has
//!   migrated ([`MIGRATIONS`]), [`App::builder`] with handlers of somebody else ([`AppBuilder::handler`]).
//! - [`AppOptions`], [`MailOptions`] and [`LlmOptions`] say how it is composed; [`Config`] reads them from settings.
//! - [`CollectorUrl::collect`] makes what writes down traces and sends them, for whoever sets [`AppOptions::trace_share`].
//! - [`CATALOGUES`] holds every event there is.
//! - [`run`] is the program.

mod answer_surroundings;
mod app;
mod audit_log;
mod catalogue;
mod cli;
mod config;
mod demo;
mod forgetting;
mod legacy_bridge;
mod logging;
mod metrics;
mod note_surroundings;
mod onboarding;
mod rate_limits;
mod readiness;
mod sights;
mod standings;
mod telemetry;
mod upkeep;

pub use app::{App, AppBuilder, AppError, AppOptions, LlmOptions, MailOptions};
pub use catalogue::{CATALOGUES, MIGRATIONS};
pub use cli::run;
pub use config::{Config, ConfigError, Flags, LogFormat};
pub use telemetry::{CollectorUrl, CollectorUrlError, Exporter, Spans};
