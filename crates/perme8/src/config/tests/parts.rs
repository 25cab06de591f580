//! What the settings say of parts of the host: of language models, and of graphs.

use std::time::Duration;

use erm::ErmOptions;
use llm::Timeouts;

use super::{Config, LlmOptions, Setup};

#[test]
fn a_language_model_is_set_up_as_a_whole_and_its_key_is_shown_to_nobody() {
    let environment = &[
        ("PERME8_LLM_BASE_URL", "https://llm.example/v1"),
        ("PERME8_LLM_API_KEY", "sk-s3cret"),
        ("PERME8_LLM_MODEL", "small"),
        ("PERME8_LLM_MODELS", "big=1/2"),
        ("PERME8_LLM_USER_AT_ONCE", "9"),
        ("PERME8_LLM_FIRST_WORD_SECONDS", "300"),
        ("PERME8_LLM_SILENCE_SECONDS", "60"),
        ("PERME8_LLM_ANSWER_SECONDS", "240"),
        ("PERME8_LLM_USAGE_DAYS", "31"),
    ];
    let resolved = Setup { environment, ..Setup::default() }.resolve().unwrap();
    assert!(!format!("{resolved:?}").contains("s3cret"));
    let LlmOptions { provider, timeouts, limits, usage_kept } = resolved.config.language_model();
    let (_, models) = provider.unwrap();
    assert_eq!(models.default_model().unwrap().as_str(), "small");
    assert_eq!((models.listed().len(), limits.user_at_once, limits.user_per_minute), (2, 9, 30));
    let Timeouts { first_word, idle, total, .. } = timeouts;
    assert_eq!(
        [first_word, idle, total, usage_kept].map(|time| time.as_secs()),
        [300, 60, 240, 31 * 86_400]
    );
    let usual = Config::default().language_model();
    assert!(usual.provider.is_none());
    let LlmOptions { timeouts, usage_kept, .. } = LlmOptions::default();
    assert_eq!((usual.timeouts, usual.usage_kept), (timeouts, usage_kept));
}

#[test]
fn graphs_are_as_large_as_the_operator_allows() {
    let environment = &[
        ("PERME8_ERM_ENTITIES", "1000000"),
        ("PERME8_ERM_RETENTION_DAYS", "7"),
        ("PERME8_ERM_WALK_SECONDS", "2"),
        ("PERME8_ERM_SAMPLED_WALKS", "0.25"),
    ];
    let resolved = Setup { environment, ..Setup::default() }.resolve().unwrap();
    let ErmOptions { quota, bounds, sampled_traversals, retention } = resolved.config.erm;
    assert_eq!((quota.entities, quota.edges), (1_000_000, 200_000));
    assert_eq!((bounds.visited, bounds.time), (100_000, Duration::from_secs(2)));
    assert_eq!(retention, Duration::from_hours(7 * 24));
    assert!((sampled_traversals - 0.25).abs() < f64::EPSILON);
    let environment = &[
        ("PERME8_ERM_EDGES", "0"),
        ("PERME8_ERM_WALK_ENTITIES", "5"),
        ("PERME8_ERM_WALK_SECONDS", "3600"),
        ("PERME8_ERM_SAMPLED_WALKS", "NaN"),
        ("PERME8_ERM_RETENTION_DAYS", "-1"),
    ];
    let refused = Setup { environment, ..Setup::default() }.resolve().unwrap_err();
    assert_eq!(refused.problems().len(), environment.len(), "{refused}");
}

#[test]
fn traces_go_to_a_collector_or_nowhere() {
    let environment =
        &[("PERME8_TRACE_URL", "http://127.0.0.1:4318"), ("PERME8_TRACE_SHARE", "0.1")];
    let config = Setup { environment, ..Setup::default() }.resolve().unwrap().config;
    assert_eq!(config.trace_url.unwrap().to_string(), "http://127.0.0.1:4318/");
    assert!((config.trace_share - 0.1).abs() < f64::EPSILON);
    assert_eq!(Config::default().trace_url, None);
    let environment = &[("PERME8_TRACE_URL", "127.0.0.1:4318"), ("PERME8_TRACE_SHARE", "2")];
    let refused = Setup { environment, ..Setup::default() }.resolve().unwrap_err();
    assert_eq!(refused.problems().len(), 2, "{refused}");
    let environment = &[("PERME8_TRACE_SHARE", "0.1")];
    let refused = Setup { environment, ..Setup::default() }.resolve().unwrap_err();
    assert_eq!(refused.problems().len(), 1, "{refused}");
}
