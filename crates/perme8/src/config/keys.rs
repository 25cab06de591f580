//! The names of the settings, and the one that somebody may have meant.

/// A setting, by its name in `perme8.toml`.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Its value holds a secret: messages do not repeat it.
    pub(crate) is_secret: bool,
}

impl Key {
    pub(crate) const DATABASE: Self =
        Self::secret("database", "sqlite:<path> or postgres://<user>@<host>/<database>");
    pub(crate) const LISTEN: Self = Self::open("listen", "address and port of the HTTP server");
    pub(crate) const LOG: Self =
        Self::open("log", "filter of log messages, e.g. info,perme8_events=debug");
    pub(crate) const LOG_FORMAT: Self = Self::open("log_format", "text or json");
    pub(crate) const CONNECTIONS: Self =
        Self::open("connections", "size of the pool on PostgreSQL");
    pub(crate) const NODE: Self = Self::open("node", "name under which this host holds leases");
    pub(crate) const SECURE_COOKIES: Self =
        Self::open("secure_cookies", "session cookies over HTTPS alone");
    pub(crate) const LEGACY_BRIDGE: Self =
        Self::open("legacy_bridge", "topics and messages of the old system, for its clients");
    pub(crate) const TRUSTED_PROXIES: Self = Self::open(
        "trusted_proxies",
        "proxies that are believed where a request comes from, e.g. 127.0.0.1, 10.0.0.0/8",
    );
    pub(crate) const NO_RATE_LIMITS: Self =
        Self::open("no_rate_limits", "everybody asks as often as they like");
    pub(crate) const RATE_LIMIT_CALLER: Self =
        Self::open("rate_limit_caller", "requests of a session or an API key");
    pub(crate) const RATE_LIMIT_STRANGER: Self = Self::open(
        "rate_limit_stranger",
        "requests from one address by those who have not shown who they are",
    );
    pub(crate) const RATE_LIMIT_ATTEMPTS: Self = Self::open(
        "rate_limit_attempts",
        "log-ins, links, registrations from one address, each by itself",
    );
    pub(crate) const RATE_LIMIT_ACCOUNT: Self = Self::open(
        "rate_limit_account",
        "the same for one account; the right password is no attempt",
    );
    pub(crate) const RATE_LIMIT_INVITER: Self =
        Self::open("rate_limit_inviter", "invitations by one person");
    pub(crate) const RATE_LIMIT_INVITEE: Self =
        Self::open("rate_limit_invitee", "invitations to one address, whoever invites it");
    pub(crate) const OPERATOR_TOKEN: Self =
        Self::secret("operator_token", "what operators show at /admin; without it there is none");
    pub(crate) const MASTER_KEYS: Self = Self::secret(
        "master_keys",
        "32 random bytes as base64 that wrap the keys of people; the first wraps, all unwrap",
    );
    pub(crate) const FORGET_AFTER_DAYS: Self = Self::open(
        "forget_after_days",
        "so many days after the end of an account the log forgets whose it was",
    );
    pub(crate) const ONBOARDING: Self = Self::open(
        "onboarding",
        "a project and a document to begin with in each new workspace, and a welcome for its owner",
    );
    pub(crate) const APP_NAME: Self = Self::open("app_name", "what the host calls itself in mails");
    pub(crate) const BASE_URL: Self =
        Self::open("base_url", "where users reach the host; links in mails begin with it");
    pub(crate) const MAIL_SMTP_URL: Self =
        Self::secret("mail_smtp_url", "smtps://<name>:<password>@<host>; without it: the mailbox");
    pub(crate) const MAIL_FROM_ADDRESS: Self =
        Self::open("mail_from_address", "who sends the mails");
    pub(crate) const MAIL_FROM_NAME: Self =
        Self::open("mail_from_name", "what the sender of the mails is called");
    pub(crate) const LLM_BASE_URL: Self = Self::secret(
        "llm_base_url",
        "where language models are asked, as OpenAI's chat completions; without it: nowhere",
    );
    pub(crate) const LLM_API_KEY: Self =
        Self::secret("llm_api_key", "what the provider of language models knows this host by");
    pub(crate) const LLM_MODEL: Self =
        Self::open("llm_model", "the language model for whoever names none");
    pub(crate) const LLM_MODELS: Self = Self::open(
        "llm_models",
        "those that may be named, with prices of a million tokens: small=0.15/0.6, big",
    );
    pub(crate) const LLM_USER_AT_ONCE: Self =
        Self::open("llm_user_at_once", "answers that are written for one person at once, per node");
    pub(crate) const LLM_WORKSPACE_AT_ONCE: Self = Self::open(
        "llm_workspace_at_once",
        "answers that are written in one workspace at once, per node",
    );
    pub(crate) const LLM_USER_PER_MINUTE: Self =
        Self::open("llm_user_per_minute", "questions of one person in a minute, per node");
    pub(crate) const LLM_WORKSPACE_PER_MINUTE: Self =
        Self::open("llm_workspace_per_minute", "questions in one workspace in a minute, per node");
    pub(crate) const LLM_FIRST_WORD_SECONDS: Self = Self::open(
        "llm_first_word_seconds",
        "so long a language model may be silent before its first word",
    );
    pub(crate) const LLM_SILENCE_SECONDS: Self =
        Self::open("llm_silence_seconds", "so long it may be silent after that");
    pub(crate) const LLM_ANSWER_SECONDS: Self =
        Self::open("llm_answer_seconds", "so long its answer may take in all");
    pub(crate) const LLM_USAGE_DAYS: Self = Self::open(
        "llm_usage_days",
        "for so many days it is known what was asked of language models, and what it took",
    );
    pub(crate) const ERM_ENTITIES: Self =
        Self::open("erm_entities", "so many entities the graph of a workspace may hold");
    pub(crate) const ERM_EDGES: Self =
        Self::open("erm_edges", "so many edges the graph of a workspace may hold");
    pub(crate) const ERM_RETENTION_DAYS: Self = Self::open(
        "erm_retention_days",
        "for so many days deleted entities and edges can be restored",
    );
    pub(crate) const ERM_WALK_ENTITIES: Self = Self::open(
        "erm_walk_entities",
        "a walk through a graph that comes by more entities is given up",
    );
    pub(crate) const ERM_WALK_SECONDS: Self =
        Self::open("erm_walk_seconds", "a walk through a graph that takes longer is given up");
    pub(crate) const ERM_SAMPLED_WALKS: Self = Self::open(
        "erm_sampled_walks",
        "of this part of all walks through graphs an event tells operators, 0 to 1",
    );
    pub(crate) const TRACE_URL: Self = Self::open(
        "trace_url",
        "where traces are collected, as OTLP over HTTP; without it: nowhere",
    );
    pub(crate) const TRACE_SHARE: Self =
        Self::open("trace_share", "the part of all requests that are traced, 0 to 1");
    pub(crate) const DEV: Self =
        Self::open("dev", "for development: shows every mail at /dev/mailbox");

    const fn open(name: &'static str, about: &'static str) -> Self {
        Self { name, about, is_secret: false }
    }

    const fn secret(name: &'static str, about: &'static str) -> Self {
        Self { name, about, is_secret: true }
    }

    /// `PERME8_LOG_FORMAT`.
    pub(crate) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_ascii_uppercase())
    }

    /// `--log-format`.
    pub(crate) fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }
}

/// Every setting, in the order of the manual.
pub(crate) const ALL: &[Key] = &[
    Key::DATABASE,
    Key::LISTEN,
    Key::LOG,
    Key::LOG_FORMAT,
    Key::CONNECTIONS,
    Key::NODE,
    Key::SECURE_COOKIES,
    Key::LEGACY_BRIDGE,
    Key::TRUSTED_PROXIES,
    Key::NO_RATE_LIMITS,
    Key::RATE_LIMIT_CALLER,
    Key::RATE_LIMIT_STRANGER,
    Key::RATE_LIMIT_ATTEMPTS,
    Key::RATE_LIMIT_ACCOUNT,
    Key::RATE_LIMIT_INVITER,
    Key::RATE_LIMIT_INVITEE,
    Key::OPERATOR_TOKEN,
    Key::MASTER_KEYS,
    Key::FORGET_AFTER_DAYS,
    Key::ONBOARDING,
    Key::APP_NAME,
    Key::BASE_URL,
    Key::MAIL_SMTP_URL,
    Key::MAIL_FROM_ADDRESS,
    Key::MAIL_FROM_NAME,
    Key::LLM_BASE_URL,
    Key::LLM_API_KEY,
    Key::LLM_MODEL,
    Key::LLM_MODELS,
    Key::LLM_USER_AT_ONCE,
    Key::LLM_WORKSPACE_AT_ONCE,
    Key::LLM_USER_PER_MINUTE,
    Key::LLM_WORKSPACE_PER_MINUTE,
    Key::LLM_FIRST_WORD_SECONDS,
    Key::LLM_SILENCE_SECONDS,
    Key::LLM_ANSWER_SECONDS,
    Key::LLM_USAGE_DAYS,
    Key::ERM_ENTITIES,
    Key::ERM_EDGES,
    Key::ERM_RETENTION_DAYS,
    Key::ERM_WALK_ENTITIES,
    Key::ERM_WALK_SECONDS,
    Key::ERM_SAMPLED_WALKS,
    Key::TRACE_URL,
    Key::TRACE_SHARE,
    Key::DEV,
];

/// What our variables in the environment start with.
pub(crate) const PREFIX: &str = "PERME8_";

/// Names the file that is read instead of `perme8.toml`; makes no sense within one.
pub(crate) const FILE_VARIABLE: &str = "PERME8_CONFIG";

/// Whether a variable speaks to the tests and proofs of this project, not to the host.
pub(crate) fn is_for_tests(variable: &str) -> bool {
    variable == "PERME8_TEST_POSTGRES" || variable.starts_with("PERME8_PROVE")
}

/// What somebody who wrote `unknown` may have meant: the name that comes closest, or every name if none comes close.
pub(crate) fn suggestion(unknown: &str, known: &[String]) -> String {
    const CLOSE: f64 = 0.75;
    let word = |name: &str| name.trim_start_matches(PREFIX).to_ascii_lowercase().replace('-', "_");
    let similar = |name: &String| strsim::jaro_winkler(&word(unknown), &word(name));
    let nearest = known.iter().max_by(|a, b| similar(a).total_cmp(&similar(b)));
    match nearest.filter(|name| similar(name) >= CLOSE) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("there are {}", known.join(", ")),
    }
}
