//! Making settings out of texts, and keeping what went wrong.

use std::{collections::BTreeMap, fmt::Display, net::SocketAddr, str::FromStr, time::Duration};

use api::OperatorToken;
use erm::{Bounds, ErmOptions, Quota};
use llm::{CallLimits, LONGEST_ANSWER, Timeouts};
use mail::Correspondent;
use tracing_subscriber::EnvFilter;

use crate::config::{ConfigError, LogFormat, keys::Key, sources::Given};

/// Understands the values one after another; errors wait until the end.
pub(crate) struct Parser {
    given: Given,
}

impl Parser {
    pub(crate) fn new(given: Given) -> Self {
        Self { given }
    }

    pub(crate) fn value<T: FromStr<Err: Display>>(&mut self, key: &Key, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    pub(crate) fn value_with<T>(
        &mut self,
        key: &Key,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        self.optional_with(key, parse).unwrap_or(default)
    }

    pub(crate) fn optional<T: FromStr<Err: Display>>(&mut self, key: &Key) -> Option<T> {
        self.optional_with(key, |text| text.parse().map_err(|error: T::Err| error.to_string()))
    }

    pub(crate) fn optional_with<T>(
        &mut self,
        key: &Key,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let raw = self.given.values.get(key.name)?;
        match parse(&raw.value) {
            Ok(value) => Some(value),
            Err(expected) => {
                let value = if key.is_secret {
                    String::new()
                } else {
                    format!(" is `{}`", raw.value.escape_debug())
                };
                let separator = if key.is_secret { ":" } else { ", but" };
                self.given.problems.push(format!("{}{value}{separator} {expected}", raw.source));
                None
            }
        }
    }

    /// Notes what is missing, where one setting makes no sense without another.
    pub(crate) fn needs(&mut self, key: &Key, needed: &Key, because: &str) {
        let Given { values, problems } = &mut self.given;
        if let Some(raw) = values.get(key.name)
            && !values.contains_key(needed.name)
        {
            problems.push(format!("{} needs `{}` as well: {because}", raw.source, needed.name));
        }
    }

    /// Notes that a value may not be what it is, where another one makes it dangerous.
    pub(crate) fn refuse(&mut self, key: &Key, because: &str) {
        let Given { values, problems } = &mut self.given;
        if let Some(raw) = values.get(key.name) {
            problems.push(format!("{} is refused: {because}", raw.source));
        }
    }

    /// How much of language models anybody has.
    pub(crate) fn call_limits(&mut self, default: CallLimits) -> CallLimits {
        let mut limit = |key: &Key, default| self.value_with(key, default, call_limit);
        CallLimits {
            user_at_once: limit(&Key::LLM_USER_AT_ONCE, default.user_at_once),
            workspace_at_once: limit(&Key::LLM_WORKSPACE_AT_ONCE, default.workspace_at_once),
            user_per_minute: limit(&Key::LLM_USER_PER_MINUTE, default.user_per_minute),
            workspace_per_minute: limit(
                &Key::LLM_WORKSPACE_PER_MINUTE,
                default.workspace_per_minute,
            ),
        }
    }

    /// How long language models are waited for.
    pub(crate) fn call_timeouts(&mut self, default: Timeouts) -> Timeouts {
        let mut wait = |key: &Key, default| self.value_with(key, default, wait_for_a_model);
        Timeouts {
            first_word: wait(&Key::LLM_FIRST_WORD_SECONDS, default.first_word),
            idle: wait(&Key::LLM_SILENCE_SECONDS, default.idle),
            total: wait(&Key::LLM_ANSWER_SECONDS, default.total),
            ..default
        }
    }

    /// How much graphs hold, how far walks through them go, and how long what was deleted can come back.
    pub(crate) fn graphs(&mut self, default: ErmOptions) -> ErmOptions {
        let mut most = |key: &Key, default| self.value_with(key, default, most_of_a_graph);
        let quota = Quota {
            entities: most(&Key::ERM_ENTITIES, default.quota.entities),
            edges: most(&Key::ERM_EDGES, default.quota.edges),
        };
        let visited = self.value_with(&Key::ERM_WALK_ENTITIES, default.bounds.visited, walk);
        let time = self.value_with(&Key::ERM_WALK_SECONDS, default.bounds.time, walking_time);
        let sampled = default.sampled_traversals;
        let sampled_traversals = self.value_with(&Key::ERM_SAMPLED_WALKS, sampled, part);
        let retention = self.optional_with(&Key::ERM_RETENTION_DAYS, days);
        let retention =
            retention.map_or(default.retention, |days| Duration::from_hours(u64::from(days) * 24));
        ErmOptions { quota, bounds: Bounds { visited, time }, sampled_traversals, retention }
    }

    /// Notes what is missing where a language model is set up by half.
    pub(crate) fn needs_for_language_models(&mut self) {
        let because = "somebody has to answer whoever names no model";
        self.needs(&Key::LLM_BASE_URL, &Key::LLM_MODEL, because);
        for key in [&Key::LLM_API_KEY, &Key::LLM_MODEL, &Key::LLM_MODELS] {
            self.needs(key, &Key::LLM_BASE_URL, "without it no language model is asked");
        }
    }

    /// Where each value comes from, or all that is wrong.
    pub(crate) fn finish(self) -> Result<BTreeMap<&'static str, String>, ConfigError> {
        let Given { values, problems } = self.given;
        if !problems.is_empty() {
            return Err(ConfigError::new(problems));
        }
        Ok(values.into_iter().map(|(key, raw)| (key, raw.source)).collect())
    }
}

pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "must be an address and a port, e.g. 127.0.0.1:4000 or [::1]:4000".to_owned())
}

pub(crate) fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("must be a filter such as info,perme8_events=debug ({error})")),
    }
}

pub(crate) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be `text` or `json`".to_owned()),
    }
}

pub(crate) fn connections(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (2..=1000).contains(number));
    number.ok_or_else(|| "must be a number from 2 to 1000".to_owned())
}

fn call_limit(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=100_000).contains(number));
    number.ok_or_else(|| "must be a number from 1 to 100000".to_owned())
}

fn wait_for_a_model(text: &str) -> Result<Duration, String> {
    let longest = LONGEST_ANSWER.as_secs();
    let seconds = text.parse().ok().filter(|seconds| (1..=longest).contains(seconds));
    let wait = seconds.map(Duration::from_secs);
    wait.ok_or_else(|| format!("must be a number of seconds from 1 to {longest}"))
}

fn most_of_a_graph(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| (1..=1_000_000_000).contains(number));
    number.ok_or_else(|| "must be a number from 1 to 1000000000".to_owned())
}

fn walk(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (100..=10_000_000).contains(number));
    number.ok_or_else(|| "must be a number from 100 to 10000000".to_owned())
}

fn walking_time(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (1..=60).contains(seconds));
    let time = seconds.map(Duration::from_secs);
    time.ok_or_else(|| "must be a number of seconds from 1 to 60".to_owned())
}

pub(crate) fn part(text: &str) -> Result<f64, String> {
    let part = text.parse().ok().filter(|part| (0.0..=1.0).contains(part));
    part.ok_or_else(|| "must be a number from 0 to 1".to_owned())
}

pub(crate) fn days(text: &str) -> Result<u16, String> {
    let number = text.parse().ok().filter(|number| (1..=36_500).contains(number));
    number.ok_or_else(|| "must be a number of days from 1 to 36500".to_owned())
}

pub(crate) fn node(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_graphic());
    if fits {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 64 printable characters without blanks".to_owned())
    }
}

pub(crate) fn operator_token(text: &str) -> Result<OperatorToken, String> {
    OperatorToken::new(text).map_err(|error| error.to_string())
}

pub(crate) fn yes_or_no(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "must be `true` or `false`".to_owned())
}

pub(crate) fn label(text: &str) -> Result<String, String> {
    let fits = (1..=60).contains(&text.trim().chars().count()) && !text.contains(char::is_control);
    if fits {
        Ok(text.trim().to_owned())
    } else {
        Err("must be 1 to 60 characters on a single line".to_owned())
    }
}

pub(crate) fn mail_address(text: &str) -> Result<String, String> {
    match Correspondent::new(text, "") {
        Ok(sender) => Ok(sender.address().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
