//! The alert rules and the dashboard of the manual, against what a host shows.
//!
//! The rules use a small part of the language of Prometheus, and here is what that part means: `absent(…)`, and an aggregation by
//! labels of a gauge, or of what a counter rose by, compared with a number.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use scenarios::on_both_engines;
use serde_json::Value;

/// A sample of a scrape; also what a rule selects, as a sample without a value.
#[derive(Debug, Clone, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

#[derive(Debug)]
struct Rule {
    alert: String,
    expr: Expr,
}

#[derive(Debug)]
enum Expr {
    Absent(Sample),
    Compare(Compare),
}

#[derive(Debug)]
struct Compare {
    aggregation: Aggregation,
    by: Vec<String>,
    /// What a counter rose by, not how it stands.
    rises: bool,
    of: Sample,
    is_above: bool,
    bound: f64,
}

#[derive(Debug, Clone, Copy)]
enum Aggregation {
    Max,
    Min,
    Sum,
}

fn manual(name: &str) -> String {
    let path = workspace().join("docs/operations").join(name);
    fs::read_to_string(path).expect("the manual has it")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder of the workspace").to_owned()
}

/// A name with its labels.
fn selector(text: &str) -> Sample {
    let (name, labels) = text.split_once('{').unwrap_or((text, "}"));
    let labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("labels end: {text}"));
    let pairs = labels.split("\",").filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once("=\"").unwrap_or_else(|| panic!("a label: {text}"));
        (key.trim().to_owned(), value.trim_end_matches('"').to_owned())
    });
    Sample { name: name.to_owned(), labels: pairs.collect(), value: 0.0 }
}

/// What a scrape says.
fn samples(text: &str) -> Vec<Sample> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let sample = |line: &str| {
        let (selected, value) = line.rsplit_once(' ').expect("a sample has a value");
        Sample { value: value.parse().expect("a number"), ..selector(selected) }
    };
    lines.map(sample).collect()
}

fn rules() -> Vec<Rule> {
    let text = manual("alerts.yml");
    let mut lines = text.lines().map(str::trim);
    let mut rules = Vec::new();
    while let Some(line) = lines.next() {
        let Some(alert) = line.strip_prefix("- alert: ") else { continue };
        let expr = lines.next().and_then(|line| line.strip_prefix("expr: "));
        let expr = Expr::parse(expr.expect("an expression follows the name"));
        assert!(lines.next().is_some_and(|line| line.starts_with("for: ")), "{alert} holds on");
        assert!(lines.next().is_some_and(|line| line.starts_with("labels: { severity: ")));
        assert!(lines.next().is_some_and(|line| line.starts_with("annotations: { summary: ")));
        rules.push(Rule { alert: alert.to_owned(), expr });
    }
    rules
}

impl Expr {
    fn parse(text: &str) -> Self {
        let parsed = Self::parsed(text);
        parsed.unwrap_or_else(|| panic!("the rules here have another form than `{text}`"))
    }

    fn parsed(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("absent(") {
            return Some(Self::Absent(selector(rest.strip_suffix(')')?)));
        }
        let (word, rest) = text.split_once(" by (")?;
        let aggregation = match word {
            "max" => Aggregation::Max,
            "min" => Aggregation::Min,
            "sum" => Aggregation::Sum,
            _ => return None,
        };
        let (by, rest) = rest.split_once(") (")?;
        let (of, comparison) = rest.rsplit_once(") ")?;
        let counter = of.strip_prefix("increase(").and_then(|of| of.strip_suffix("[10m])"));
        let (sign, bound) = comparison.split_once(' ')?;
        Some(Self::Compare(Compare {
            aggregation,
            by: by.split(", ").map(str::to_owned).collect(),
            rises: counter.is_some(),
            of: selector(counter.unwrap_or(of)),
            is_above: match sign {
                ">" => true,
                "<" => false,
                _ => return None,
            },
            bound: bound.parse().ok()?,
        }))
    }

    fn selected(&self) -> &Sample {
        match self {
            Self::Absent(of) | Self::Compare(Compare { of, .. }) => of,
        }
    }

    /// The labels for which it holds, each as the values of what it is grouped by.
    fn holds_for(&self, before: &[Sample], now: &[Sample]) -> Vec<Vec<String>> {
        let Compare { aggregation, by, rises, of, is_above, bound } = match self {
            Self::Absent(of) => {
                let is_there = now.iter().any(|sample| sample.is(of));
                return if is_there { Vec::new() } else { vec![Vec::new()] };
            }
            Self::Compare(compare) => compare,
        };
        let mut groups = BTreeMap::<Vec<String>, f64>::new();
        for sample in now.iter().filter(|sample| sample.is(of)) {
            let key = by.iter().map(|label| sample.labels.get(label).cloned().unwrap_or_default());
            let was = before.iter().filter(|was| *rises && was.is(sample)).map(|was| was.value);
            let value = sample.value - was.sum::<f64>();
            let group = groups.entry(key.collect());
            group
                .and_modify(|sofar| {
                    *sofar = match aggregation {
                        Aggregation::Max => sofar.max(value),
                        Aggregation::Min => sofar.min(value),
                        Aggregation::Sum => *sofar + value,
                    };
                })
                .or_insert(value);
        }
        let holds = |value: f64| if *is_above { value > *bound } else { value < *bound };
        groups.into_iter().filter(|(_, value)| holds(*value)).map(|(key, _)| key).collect()
    }
}

impl Sample {
    /// Whether it has this name, and at least these labels.
    fn is(&self, selected: &Self) -> bool {
        self.name == selected.name
            && selected.labels.iter().all(|(key, value)| self.labels.get(key) == Some(value))
    }
}

/// The alerts that a scrape raises, with whom they are about.
fn raised(before: &str, now: &str) -> BTreeSet<String> {
    let (before, now) = (samples(before), samples(now));
    let alerts = rules().into_iter().flat_map(|Rule { alert, expr }| {
        let about = expr.holds_for(&before, &now);
        about.into_iter().map(move |about| format!("{alert} {}", about.join(" ")))
    });
    alerts.map(|alert| alert.trim_end().to_owned()).collect()
}

/// Names of metrics within a text.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
    words.filter(|word| word.starts_with("perme8_")).collect()
}

/// Every literal in the sources of our crates that is the name of a metric, or could be one.
fn in_the_sources() -> BTreeSet<String> {
    let mut folders = vec![workspace().join("crates")];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of the workspace") {
            let path = entry.expect("an entry of it").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(path).expect("source is text");
                let literals = source.split('"').filter(|literal| literal.starts_with("perme8_"));
                found.extend(literals.map(str::to_owned));
            }
        }
    }
    found
}

#[test]
fn what_is_watched_and_drawn_is_exported_and_explained() {
    let (alerts, dashboard) = (manual("alerts.yml"), manual("dashboard.json"));
    let dashboard: Value = serde_json::from_str(&dashboard).expect("a dashboard is JSON");
    let panels = dashboard["panels"].as_array().expect("it has panels");
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().expect("targets"));
    let drawn: Vec<&str> = targets.map(|target| target["expr"].as_str().expect("text")).collect();
    let drawn = drawn.join("\n");
    let exported = in_the_sources();
    let explained =
        fs::read_to_string(workspace().join("docs/operations.md")).expect("the manual is there");
    let explained = names(&explained);
    let watched = names(&alerts);
    assert!(watched.len() > 10 && names(&drawn).len() > 20, "the files name metrics");
    for name in watched.into_iter().chain(names(&drawn)) {
        let name = name.strip_suffix("_bucket").unwrap_or(name);
        assert!(exported.contains(name), "{name} is exported by nothing");
        assert!(explained.contains(name), "docs/operations.md does not say what {name} is");
    }
}

/// For each rule what raises it, with what is just not enough.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("Perme8DatabaseDown", "perme8_database_up 1", "perme8_database_up 0"),
    (
        "Perme8HandlerBehind h",
        "perme8_handler_lag_seconds{handler=\"h\"} 60",
        "perme8_handler_lag_seconds{handler=\"h\"} 61",
    ),
    (
        "Perme8HandlerWithoutNode h",
        "perme8_handler_partitions{handler=\"h\",state=\"leased\"} 8",
        "perme8_handler_partitions{handler=\"h\",state=\"free\"} 1",
    ),
    (
        "Perme8HandlerPaused h",
        "perme8_handler_paused{handler=\"h\"} 0",
        "perme8_handler_paused{handler=\"h\"} 1",
    ),
    (
        "Perme8DeliveryFailsAgain h",
        "perme8_handler_attempts{handler=\"h\"} 3",
        "perme8_handler_attempts{handler=\"h\"} 4",
    ),
    (
        "Perme8DeadLetters h",
        "perme8_handler_set_aside{handler=\"h\",state=\"parked\"} 7",
        "perme8_handler_set_aside{handler=\"h\",state=\"dead\"} 1",
    ),
    (
        "Perme8DeliveriesWait h",
        "perme8_handler_set_aside{handler=\"h\",state=\"parked\"} 10000",
        "perme8_handler_set_aside{handler=\"h\",state=\"parked\"} 10001",
    ),
    (
        "Perme8FloodStandsAside h",
        "perme8_handler_aside_seconds{handler=\"h\"} 900",
        "perme8_handler_aside_seconds{handler=\"h\"} 901",
    ),
    (
        "Perme8DeadLettersOld h",
        "perme8_handler_oldest_dead_seconds{handler=\"h\"} 86400",
        "perme8_handler_oldest_dead_seconds{handler=\"h\"} 86401",
    ),
    (
        "Perme8QueueBehind q",
        "perme8_queue_lag_seconds{queue=\"q\"} 300",
        "perme8_queue_lag_seconds{queue=\"q\"} 300.5",
    ),
    (
        "Perme8QueuePaused q",
        "perme8_queue_paused{queue=\"q\"} 0",
        "perme8_queue_paused{queue=\"q\"} 1",
    ),
    (
        "Perme8JobFailsAgain q",
        "perme8_queue_attempts{queue=\"q\"} 3",
        "perme8_queue_attempts{queue=\"q\"} 4",
    ),
    (
        "Perme8DeadJobs q",
        "perme8_queue_jobs{queue=\"q\",state=\"waiting\"} 9",
        "perme8_queue_jobs{queue=\"q\",state=\"dead\"} 1",
    ),
    (
        "Perme8DeadJobsOld q",
        "perme8_queue_oldest_dead_seconds{queue=\"q\"} 0",
        "perme8_queue_oldest_dead_seconds{queue=\"q\"} 90000",
    ),
    (
        "Perme8CaseStuck p",
        "perme8_process_cases{process=\"p\",status=\"running\"} 1",
        "perme8_process_cases{process=\"p\",status=\"stuck\"} 1",
    ),
    (
        "Perme8RequestsFail /a/{b}",
        "perme8_http_requests_total{method=\"GET\",route=\"/a/{b}\",status=\"500\"} 105",
        "perme8_http_requests_total{method=\"GET\",route=\"/a/{b}\",status=\"500\"} 106",
    ),
    (
        "Perme8GuessedPasswords log_in",
        "perme8_rate_limited_total{limit=\"log_in\",by=\"account\"} 20",
        "perme8_rate_limited_total{limit=\"log_in\",by=\"account\"} 21",
    ),
    ("Perme8TracesLost", "perme8_trace_spans_lost_total 3", "perme8_trace_spans_lost_total 4"),
];

/// What the counters of the examples said ten minutes ago.
const BEFORE: &str = "perme8_trace_spans_lost_total 3
perme8_http_requests_total{method=\"GET\",route=\"/a/{b}\",status=\"500\"} 100";

#[test]
fn every_rule_is_raised_by_what_it_is_about_and_by_nothing_less() {
    assert_eq!(raised("", ""), BTreeSet::from(["Perme8Down".to_owned()]));
    for (alert, enough, too_much) in EXAMPLES {
        let raised = |line: &str| raised(BEFORE, &format!("perme8_up 1\n{line}"));
        assert_eq!(raised(enough), BTreeSet::new(), "{enough}");
        assert_eq!(raised(too_much), BTreeSet::from([(*alert).to_owned()]), "{too_much}");
    }
    let shown = EXAMPLES.iter().map(|(alert, ..)| alert.split(' ').next().expect("its name"));
    let shown: BTreeSet<&str> = shown.collect();
    let rules = rules();
    let all: BTreeSet<&str> = rules.iter().map(|rule| rule.alert.as_str()).collect();
    assert_eq!(all.len(), rules.len(), "each has a name of its own");
    let without: Vec<_> = all.difference(&shown).collect();
    assert_eq!(without, [&"Perme8Down"], "each has an example");
}

on_both_engines! {
    async fn a_host_that_is_badly_off_raises_alerts(scenario: &mut Scenario) {
        const HANDLER: &str = "notifications.on_invitation";
        let ada = scenario.user("ada").await;
        scenario.run_until_idle().await;
        let operator = scenario.operator();
        operator.post("/admin/queues/mail.outgoing/pause").await.is(200);
        operator.post(&format!("/admin/handlers/{HANDLER}/pause")).await.is(200);
        ada.found("Lumen").await;
        scenario.clock().advance(Duration::from_mins(10));
        let text = scenario.stranger().get("/metrics").file("text/plain").await;
        let now = samples(&text);
        for Rule { alert, expr } in rules() {
            let of = expr.selected();
            let is_rare = matches!(&expr, Expr::Compare(compare) if compare.rises);
            // Cases are counted where there are any, and counters where something has happened.
            if !is_rare && of.name != "perme8_process_cases" {
                assert!(now.iter().any(|sample| sample.is(of)), "{alert} watches nothing in\n{text}");
            }
        }
        let raised = raised(&text, &text);
        for alert in ["Perme8HandlerBehind", "Perme8HandlerPaused"] {
            assert!(raised.contains(&format!("{alert} {HANDLER}")), "{alert} is not in {raised:?}");
        }
        assert!(raised.contains("Perme8QueuePaused mail.outgoing"), "{raised:?}");
        operator.post("/admin/queues/mail.outgoing/resume").await.is(200);
        operator.post(&format!("/admin/handlers/{HANDLER}/resume")).await.is(200);
        scenario.run_until_idle().await;
    }
}
