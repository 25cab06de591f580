//! Settings as they may be shown.

use std::time::Duration;

use api::{Limits, TrustedProxies};
use erm::{Bounds, ErmOptions, Quota};
use llm::{CallLimits, Timeouts};

use crate::config::{Config, keys::Key};

const DAY: Duration = Duration::from_hours(24);

impl Config {
    /// A value as it may be shown: database and mail server without their passwords, tokens and keys not at all.
    pub(super) fn shown(&self, key: &Key) -> Option<String> {
        let Self {
            database,
            listen,
            log,
            log_format,
            connections,
            node,
            secure_cookies,
            legacy_bridge,
            trusted_proxies,
            no_rate_limits,
            limits,
            operator_token,
            master_keys,
            forget_after_days,
            onboarding,
            app_name,
            base_url,
            mail_smtp_url,
            mail_from_address,
            mail_from_name,
            llm_base_url,
            llm_api_key,
            llm_model,
            llm_models,
            llm_limits,
            llm_timeouts,
            llm_usage_days,
            erm,
            trace_url,
            trace_share,
            dev,
        } = self;
        let Limits { caller, stranger, attempts, account, inviter, invitee } = limits;
        let CallLimits { user_at_once, workspace_at_once, user_per_minute, workspace_per_minute } =
            llm_limits;
        let Timeouts { connect: _, first_word, idle, total, pause: _ } = llm_timeouts;
        let ErmOptions { quota, bounds, sampled_traversals, retention } = erm;
        let (Quota { entities, edges }, Bounds { visited, time }) = (quota, bounds);
        match key.name {
            "database" => Some(database.to_string()),
            "listen" => Some(listen.to_string()),
            "log" => Some(log.clone()),
            "log_format" => Some(log_format.to_string()),
            "connections" => Some(connections.to_string()),
            "node" => node.clone(),
            "secure_cookies" => Some(secure_cookies.to_string()),
            "legacy_bridge" => Some(legacy_bridge.to_string()),
            "trusted_proxies" => {
                (*trusted_proxies != TrustedProxies::default()).then(|| trusted_proxies.to_string())
            }
            "no_rate_limits" => Some(no_rate_limits.to_string()),
            "rate_limit_caller" => Some(caller.to_string()),
            "rate_limit_stranger" => Some(stranger.to_string()),
            "rate_limit_attempts" => Some(attempts.to_string()),
            "rate_limit_account" => Some(account.to_string()),
            "rate_limit_inviter" => Some(inviter.to_string()),
            "rate_limit_invitee" => Some(invitee.to_string()),
            "operator_token" => operator_token.map(|_| "(hidden)".to_owned()),
            "master_keys" => (!master_keys.is_empty()).then(|| "(hidden)".to_owned()),
            "forget_after_days" => Some(forget_after_days.to_string()),
            "onboarding" => Some(onboarding.to_string()),
            "app_name" => Some(app_name.clone()),
            "base_url" => base_url.as_ref().map(ToString::to_string),
            "mail_smtp_url" => mail_smtp_url.as_ref().map(ToString::to_string),
            "mail_from_address" => Some(mail_from_address.clone()),
            "mail_from_name" => mail_from_name.clone(),
            "llm_base_url" => llm_base_url.as_ref().map(ToString::to_string),
            "llm_api_key" => llm_api_key.as_ref().map(|_| "(hidden)".to_owned()),
            "llm_model" => llm_model.as_ref().map(ToString::to_string),
            "llm_models" => (!llm_models.0.is_empty()).then(|| llm_models.to_string()),
            "llm_user_at_once" => Some(user_at_once.to_string()),
            "llm_workspace_at_once" => Some(workspace_at_once.to_string()),
            "llm_user_per_minute" => Some(user_per_minute.to_string()),
            "llm_workspace_per_minute" => Some(workspace_per_minute.to_string()),
            "llm_first_word_seconds" => Some(first_word.as_secs().to_string()),
            "llm_silence_seconds" => Some(idle.as_secs().to_string()),
            "llm_answer_seconds" => Some(total.as_secs().to_string()),
            "llm_usage_days" => Some(llm_usage_days.to_string()),
            "erm_entities" => Some(entities.to_string()),
            "erm_edges" => Some(edges.to_string()),
            "erm_retention_days" => Some((retention.as_secs() / DAY.as_secs()).to_string()),
            "erm_walk_entities" => Some(visited.to_string()),
            "erm_walk_seconds" => Some(time.as_secs().to_string()),
            "erm_sampled_walks" => Some(sampled_traversals.to_string()),
            "trace_url" => trace_url.as_ref().map(ToString::to_string),
            "trace_share" => Some(trace_share.to_string()),
            "dev" => Some(dev.to_string()),
            _ => None,
        }
    }
}
