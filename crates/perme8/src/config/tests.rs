//! What the settings become, and what is said when they are wrong.

use std::path::PathBuf;

use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::*;

mod parts;

#[derive(Default)]
struct Setup {
    file: Option<&'static str>,
    environment: &'static [(&'static str, &'static str)],
    flags: &'static [(&'static str, &'static str)],
}

impl Setup {
    fn resolve(&self) -> Result<Resolved, ConfigError> {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("perme8.toml");
        if let Some(text) = self.file {
            std::fs::write(&path, text).unwrap();
        }
        let flags = Flags {
            config: None,
            settings: self.flags.iter().map(|(key, value)| (*key, (*value).to_owned())).collect(),
        };
        let environment = self
            .environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned())));
        resolve(&flags, environment, &path).map_err(|error| {
            let folder = format!("{}/", folder.path().display());
            ConfigError::new(
                error.problems().iter().map(|problem| problem.replace(&folder, "")).collect(),
            )
        })
    }

    fn check(&self, expect: &Expect) {
        let shown = match self.resolve() {
            Ok(resolved) => format!("{:#?}\n", resolved.config),
            Err(error) => format!("{error}\n"),
        };
        expect.assert_eq(&shown);
    }
}

#[test]
fn without_a_word_the_host_is_embedded_and_local() {
    Setup::default().check(&expect![[r#"
        Config {
            database: DatabaseUrl(sqlite:./data/perme8.db),
            listen: 127.0.0.1:4000,
            log: "info",
            log_format: Text,
            connections: 16,
            node: None,
            secure_cookies: false,
            legacy_bridge: false,
            trusted_proxies: TrustedProxies(
                [],
            ),
            no_rate_limits: false,
            limits: Limits {
                caller: 600/min,
                stranger: 120/min,
                attempts: 10/min,
                account: 5/15min,
                inviter: 1000/24h,
                invitee: 10/h,
            },
            operator_token: None,
            master_keys: MasterKeys(0 keys),
            forget_after_days: 7,
            onboarding: false,
            app_name: "Perme8",
            base_url: None,
            mail_smtp_url: None,
            mail_from_address: "noreply@perme8.invalid",
            mail_from_name: None,
            llm_base_url: None,
            llm_api_key: None,
            llm_model: None,
            llm_models: ModelList(
                [],
            ),
            llm_limits: CallLimits {
                user_at_once: 4,
                workspace_at_once: 20,
                user_per_minute: 30,
                workspace_per_minute: 120,
            },
            llm_timeouts: Timeouts {
                connect: 10s,
                first_word: 120s,
                idle: 30s,
                total: 300s,
                pause: 500ms,
            },
            llm_usage_days: 400,
            erm: ErmOptions {
                quota: Quota {
                    entities: 50000,
                    edges: 200000,
                },
                bounds: Bounds {
                    visited: 100000,
                    time: 5s,
                },
                sampled_traversals: 0.0,
                retention: 2592000s,
            },
            trace_url: None,
            trace_share: 1.0,
            dev: false,
        }
    "#]]);
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let setup = Setup {
        file: Some(
            "listen = '127.0.0.1:1'\nlog = 'warn'\nconnections = 8\nsecure_cookies = true\nlegacy_bridge = true\nlog_format = 'json'",
        ),
        environment: &[("PERME8_LISTEN", "127.0.0.1:2"), ("PERME8_LOG", "debug"), ("PATH", "/bin")],
        flags: &[("listen", "127.0.0.1:3"), ("node", "left")],
    };
    let resolved = setup.resolve().unwrap();
    let Config {
        listen, log, log_format, connections, node, secure_cookies, legacy_bridge, ..
    } = resolved.config.clone();
    assert_eq!(
        (listen.port(), log.as_str(), log_format, connections),
        (3, "debug", LogFormat::Json, 8)
    );
    assert_eq!((node.as_deref(), secure_cookies, legacy_bridge), (Some("left"), true, true));
    assert!(resolved.is_flag("listen") && !resolved.is_flag("log"));
    let sources: Vec<&str> =
        resolved.settings().iter().map(|setting| setting.source.as_str()).take(3).collect();
    assert_eq!(sources, ["default", "--listen", "PERME8_LOG"]);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    Setup {
        file: Some(
            "databse = 'sqlite:./x.db'\nconnections = 1\nlog = ['info']\n[server]\nport = 4000\n",
        ),
        environment: &[
            ("PERME8_LISTNE", "127.0.0.1:4000"),
            ("PERME8_SECURE_COOKIES", "yes"),
            ("PERME8_TEST_POSTGRES", "postgres://localhost/postgres"),
            ("PERME8_PROVE_SEED", "7"),
        ],
        flags: &[("listen", "localhost"), ("node", "two words")],
    }
    .check(&expect![[r#"
        the configuration cannot be used
          - the environment variable PERME8_LISTNE means nothing to perme8; did you mean `PERME8_LISTEN`?
          - `databse` in perme8.toml is no setting; did you mean `database`?
          - `log` in perme8.toml must be a text, a number or a boolean
          - `server` in perme8.toml is no setting; there are database, listen, log, log_format, connections, node, secure_cookies, legacy_bridge, trusted_proxies, no_rate_limits, rate_limit_caller, rate_limit_stranger, rate_limit_attempts, rate_limit_account, rate_limit_inviter, rate_limit_invitee, operator_token, master_keys, forget_after_days, onboarding, app_name, base_url, mail_smtp_url, mail_from_address, mail_from_name, llm_base_url, llm_api_key, llm_model, llm_models, llm_user_at_once, llm_workspace_at_once, llm_user_per_minute, llm_workspace_per_minute, llm_first_word_seconds, llm_silence_seconds, llm_answer_seconds, llm_usage_days, erm_entities, erm_edges, erm_retention_days, erm_walk_entities, erm_walk_seconds, erm_sampled_walks, trace_url, trace_share, dev
          - --listen is `localhost`, but must be an address and a port, e.g. 127.0.0.1:4000 or [::1]:4000
          - `connections` in perme8.toml is `1`, but must be a number from 2 to 1000
          - --node is `two words`, but must be 1 to 64 printable characters without blanks
          - PERME8_SECURE_COOKIES is `yes`, but must be `true` or `false`
    "#]]);
}

#[test]
fn secrets_are_not_repeated() {
    let setup =
        Setup { file: Some("database = 'mysql://ada:s3cret@db/x'"), environment: &[], flags: &[] };
    setup.check(&expect![[r#"
        the configuration cannot be used
          - `database` in perme8.toml: expected sqlite:<path> or postgres://<user>@<host>/<database>
    "#]]);
    let setup = Setup { file: Some("database = 'postgres://ada:s3cret@db/x"), ..Setup::default() };
    assert!(!setup.resolve().unwrap_err().to_string().contains("s3cret"));
    let setup = Setup {
        environment: &[("PERME8_DATABASE", "postgres://ada:s3cret@db/perme8")],
        ..Setup::default()
    };
    let resolved = setup.resolve().unwrap();
    assert_eq!(resolved.settings()[0].value.as_deref(), Some("postgres://db/perme8"));
    assert!(!format!("{resolved:?}").contains("s3cret"));
    let token = |text| Setup { environment: text, ..Setup::default() }.resolve();
    let refused = token(&[("PERME8_OPERATOR_TOKEN", "s3cret")]).unwrap_err();
    expect![[r#"
        the configuration cannot be used
          - PERME8_OPERATOR_TOKEN: an operator token has 16 to 256 visible ASCII characters"#]]
    .assert_eq(&refused.to_string());
    let resolved = token(&[("PERME8_OPERATOR_TOKEN", "s3cret-s3cret-s3cret")]).unwrap();
    assert!(resolved.config.operator_token.is_some());
    assert!(!format!("{resolved:?}").contains("s3cret"));
    let refused = token(&[("PERME8_MASTER_KEYS", "s3cret")]).unwrap_err();
    expect![[r#"
        the configuration cannot be used
          - PERME8_MASTER_KEYS: must be 32 random bytes as base64 (`openssl rand -base64 32`), or several with commas between them"#]]
    .assert_eq(&refused.to_string());
    let resolved =
        token(&[("PERME8_MASTER_KEYS", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0czE=")]).unwrap();
    assert!(!resolved.config.master_keys.is_empty());
    assert!(!format!("{resolved:?}").contains("c2VjcmV0"));
}

#[test]
fn a_mail_server_needs_a_sender_and_an_address_for_links() {
    let setup = Setup {
        file: Some("mail_smtp_url = 'smtps://ada:s3cret@mail.example.com'"),
        ..Setup::default()
    };
    setup.check(&expect![[r#"
        the configuration cannot be used
          - `mail_smtp_url` in perme8.toml needs `mail_from_address` as well: a server refuses mails without a sender of its own
          - `mail_smtp_url` in perme8.toml needs `base_url` as well: the links in mails begin with it
    "#]]);
    let setup = Setup {
        file: Some("mail_smtp_url = 'smtp://ada:s3cret@mail.example.com?tls=none'"),
        environment: &[("PERME8_BASE_URL", "perme8.example"), ("PERME8_APP_NAME", " ")],
        flags: &[
            ("mail_from_address", "two words"),
            ("mail_from_name", "two\nlines"),
            ("dev", "yes"),
        ],
    };
    setup.check(&expect![[r#"
        the configuration cannot be used
          - PERME8_APP_NAME is ` `, but must be 1 to 60 characters on a single line
          - PERME8_BASE_URL is `perme8.example`, but must be http:// or https:// and a host, e.g. https://perme8.example, without a path
          - `mail_smtp_url` in perme8.toml: must not send a password without TLS, except to this machine: remove ?tls=none
          - --mail-from-address is `two words`, but must be an e-mail address, e.g. noreply@perme8.example
          - --mail-from-name is `two\nlines`, but must be 1 to 60 characters on a single line
          - --dev is `yes`, but must be `true` or `false`
    "#]]);
}

#[test]
fn limits_are_numbers_in_a_time_and_proxies_are_networks() {
    let setup = Setup {
        file: Some(
            "rate_limit_attempts = 10\nno_rate_limits = true\ntrusted_proxies = '10.0.0.0/8'",
        ),
        environment: &[
            ("PERME8_RATE_LIMIT_ACCOUNT", "5 a quarter"),
            ("PERME8_TRUSTED_PROXIES", "*"),
        ],
        flags: &[],
    };
    setup.check(&expect![[r#"
        the configuration cannot be used
          - PERME8_TRUSTED_PROXIES is `*`, but must be addresses or networks with commas between them, e.g. 127.0.0.1, 10.0.0.0/8, fd00::/8
          - `rate_limit_attempts` in perme8.toml is `10`, but must be a number of times in a time of at most a day, e.g. 600/min, 5/15min or 1000/h
          - PERME8_RATE_LIMIT_ACCOUNT is `5 a quarter`, but must be a number of times in a time of at most a day, e.g. 600/min, 5/15min or 1000/h
    "#]]);
    let flags = &[("rate_limit_account", "3/h")];
    let Config { limits, .. } = Setup { flags, ..Setup::default() }.resolve().unwrap().config;
    assert_eq!(
        (limits.account.to_string(), limits.attempts),
        ("3/h".to_owned(), Limits::default().attempts)
    );
}

#[test]
fn mails_are_shown_to_everybody_on_this_machine_alone() {
    let dev_at = |listen: &str| {
        let given = [("dev", "true"), ("listen", listen)];
        let settings = given.map(|(key, value)| (key, value.to_owned())).into();
        resolve(&Flags { config: None, settings }, [], Path::new("/nowhere/perme8.toml"))
    };
    for listen in ["0.0.0.0:4000", "[::]:0", "192.0.2.7:4000", "[::ffff:192.0.2.7]:4000"] {
        let error = dev_at(listen).unwrap_err();
        assert_eq!(
            error.problems(),
            [format!(
                "--dev is refused: it shows every mail to everybody, and other machines can reach {listen}: \
                 listen on 127.0.0.1 or [::1], or leave it out"
            )]
        );
    }
    for listen in ["127.0.0.1:4000", "127.1.2.3:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
        assert!(dev_at(listen).unwrap().config.dev, "{listen}");
    }
}

#[test]
fn the_password_of_the_mail_server_is_not_shown() {
    let setup = Setup {
        environment: &[
            ("PERME8_MAIL_SMTP_URL", "smtps://ada:s3cret@mail.example.com"),
            ("PERME8_MAIL_FROM_ADDRESS", "noreply@perme8.example"),
            ("PERME8_BASE_URL", "https://perme8.example/"),
        ],
        ..Setup::default()
    };
    let resolved = setup.resolve().unwrap();
    let shown = resolved.settings().iter().find(|setting| setting.key == "mail_smtp_url").unwrap();
    assert_eq!(shown.value.as_deref(), Some("smtps://mail.example.com:465"));
    assert!(!format!("{resolved:?}").contains("s3cret"));
    assert_eq!(resolved.config.sender().name(), "Perme8");
    assert_eq!(resolved.config.stationery().base_url().to_string(), "https://perme8.example");
}

#[test]
fn links_lead_to_where_the_host_listens_unless_told_otherwise() {
    for (listen, link) in [
        ("127.0.0.1:4000", "http://127.0.0.1:4000"),
        ("0.0.0.0:80", "http://127.0.0.1"),
        ("[::]:4001", "http://[::1]:4001"),
    ] {
        let config = Config { listen: listen.parse().unwrap(), ..Config::default() };
        assert_eq!(config.stationery().base_url().to_string(), link);
    }
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let flags = Flags { config: Some(PathBuf::from("/nowhere/perme8.toml")), ..Flags::default() };
    let error = resolve(&flags, [], Path::new("perme8.toml")).unwrap_err();
    assert!(error.problems()[0].starts_with("/nowhere/perme8.toml cannot be read"), "{error}");
    let environment = [("PERME8_CONFIG".to_owned(), Some("/nowhere/else.toml".to_owned()))];
    let error = resolve(&Flags::default(), environment, Path::new("perme8.toml")).unwrap_err();
    assert!(error.problems()[0].starts_with("/nowhere/else.toml cannot be read"), "{error}");
}

#[test]
fn every_setting_is_shown_under_its_name() {
    let flags = &[
        ("node", "left"),
        ("trusted_proxies", "127.0.0.1,10.0.0.0/8"),
        ("base_url", "https://perme8.example"),
        ("mail_smtp_url", "smtps://ada:s3cret@mail.example.com"),
        ("mail_from_address", "noreply@perme8.example"),
        ("mail_from_name", "The machine"),
        ("llm_base_url", "https://llm.example/v1"),
        ("llm_model", "small"),
        ("llm_models", "big=1/2"),
        ("trace_url", "http://127.0.0.1:4318"),
    ];
    let environment = &[
        ("PERME8_OPERATOR_TOKEN", "sixteen-characters"),
        ("PERME8_MASTER_KEYS", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0czE="),
        ("PERME8_LLM_API_KEY", "sk-s3cret"),
    ];
    let resolved = Setup { environment, flags, ..Setup::default() }.resolve().unwrap();
    assert!(resolved.settings().iter().all(|setting| setting.value.is_some()), "{resolved:#?}");
}

#[test]
fn half_a_language_model_is_refused_with_what_is_missing() {
    Setup {
        environment: &[
            ("PERME8_LLM_API_KEY", "s3cret s3cret"),
            ("PERME8_LLM_MODELS", "big=1"),
            ("PERME8_LLM_USER_PER_MINUTE", "0"),
            ("PERME8_LLM_FIRST_WORD_SECONDS", "301"),
            ("PERME8_LLM_USAGE_DAYS", "0"),
        ],
        ..Setup::default()
    }
    .check(&expect![[r#"
        the configuration cannot be used
          - PERME8_LLM_API_KEY: must be 1 to 1000 printable characters without blanks
          - PERME8_LLM_MODELS is `big=1`, but must be names with commas between them, each perhaps with what a million tokens cost, said and answered: small=0.15/0.6, big
          - PERME8_LLM_USER_PER_MINUTE is `0`, but must be a number from 1 to 100000
          - PERME8_LLM_FIRST_WORD_SECONDS is `301`, but must be a number of seconds from 1 to 300
          - PERME8_LLM_USAGE_DAYS is `0`, but must be a number of days from 1 to 36500
          - PERME8_LLM_API_KEY needs `llm_base_url` as well: without it no language model is asked
          - PERME8_LLM_MODELS needs `llm_base_url` as well: without it no language model is asked
    "#]]);
    Setup {
        environment: &[("PERME8_LLM_BASE_URL", "https://ada:s3cret@llm.example")],
        ..Setup::default()
    }
    .check(&expect![[r#"
        the configuration cannot be used
          - PERME8_LLM_BASE_URL: must be http:// or https://, a host and perhaps a path, e.g. https://api.openai.com/v1, without chat/completions, a name, a password or a query
          - PERME8_LLM_BASE_URL needs `llm_model` as well: somebody has to answer whoever names no model
    "#]]);
}
