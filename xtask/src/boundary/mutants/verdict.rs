//! How many mutants the check found, by rule and by way of writing.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;

use super::plan::{Change, Mutant};
use crate::boundary::report::Paint;

/// More lines of a mutant than this are not shown.
const LINES: usize = 24;

/// What became of one mutant.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Found, or left alone where it is harmless.
    pub(crate) is_right: bool,
    /// What the check said of it.
    pub(crate) told: Option<String>,
}

/// What became of all of them.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) mutants: Vec<Mutant>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) missing: Vec<&'static str>,
}

/// How many of them were found.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    right: usize,
    all: usize,
}

#[derive(Serialize)]
struct Flat<'a> {
    code: String,
    what: &'a str,
    way: &'a str,
    is_harmless: bool,
    is_right: bool,
    told: Option<&'a str>,
    planted: Vec<Planted<'a>>,
}

#[derive(Serialize)]
struct Planted<'a> {
    file: &'a str,
    text: &'a str,
}

impl Verdict {
    /// Whether each mutant was found, and each control left alone.
    pub(crate) fn is_clean(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.is_right)
    }

    fn all(&self) -> impl Iterator<Item = (&Mutant, &Outcome)> {
        self.mutants.iter().zip(&self.outcomes)
    }

    fn counts<'a, K: Ord>(
        &'a self,
        is_harmless: bool,
        key: impl Fn(&'a Mutant) -> K,
    ) -> BTreeMap<K, Count> {
        let mut counts: BTreeMap<K, Count> = BTreeMap::new();
        for (mutant, outcome) in self.all().filter(|(mutant, _)| mutant.is_harmless == is_harmless)
        {
            let count = counts.entry(key(mutant)).or_default();
            count.all += 1;
            count.right += usize::from(outcome.is_right);
        }
        counts
    }

    /// What was planted and what was found, for machines.
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        let flat = self.all().map(|(mutant, outcome)| Flat {
            code: mutant.rule.to_string(),
            what: mutant.what,
            way: mutant.way,
            is_harmless: mutant.is_harmless,
            is_right: outcome.is_right,
            told: outcome.told.as_deref(),
            planted: mutant
                .changes
                .iter()
                .map(Change::shown)
                .map(|(file, text)| Planted { file, text })
                .collect(),
        });
        serde_json::to_string_pretty(&flat.collect::<Vec<_>>())
    }

    /// The tables, and every mutant that was not found.
    pub(crate) fn render(&self, paint: Paint) -> String {
        let mut text = String::new();
        for (mutant, outcome) in self.all().filter(|(_, outcome)| !outcome.is_right) {
            text.push_str(&survivor(mutant, outcome, paint));
        }
        let by_kind = self.counts(false, |mutant| (mutant.rule, mutant.what));
        let mut last = None;
        for ((rule, what), count) in &by_kind {
            if last.replace(*rule) != Some(*rule) {
                let _ = writeln!(text, "{}", paint.strong(&format!("{rule} {}", rule.title())));
            }
            line(&mut text, what, *count);
        }
        let _ = writeln!(text, "{}", paint.strong("by way of writing"));
        for (way, count) in self.counts(false, |mutant| mutant.way) {
            line(&mut text, way, count);
        }
        let _ = writeln!(text, "{}", paint.strong("controls, which break nothing"));
        for (what, count) in self.counts(true, |mutant| mutant.what) {
            line(&mut text, what, count);
        }
        for missing in &self.missing {
            let _ = writeln!(
                text,
                "{}: mutants are left out for want of {missing}",
                paint.strong("note")
            );
        }
        text
    }

    /// How many were found, in one line.
    pub(crate) fn summary(&self) -> String {
        let sum = |is_harmless| {
            let counts = self.counts(is_harmless, |_: &Mutant| ());
            counts.get(&()).copied().unwrap_or_default()
        };
        let (mutants, controls) = (sum(false), sum(true));
        format!(
            "mutants: {} of {} found; {} of {} controls left alone",
            mutants.right, mutants.all, controls.right, controls.all
        )
    }
}

fn line(text: &mut String, what: &str, Count { right, all }: Count) {
    let mark = if right == all { "" } else { "  ←" };
    let _ = writeln!(text, "    {what:<52} {right:>4} of {all:>4}{mark}");
}

fn survivor(mutant: &Mutant, outcome: &Outcome, paint: Paint) -> String {
    let Mutant { rule, what, way, changes, found_in: _, is_harmless } = mutant;
    let how = if *is_harmless { "was not left alone" } else { "was not found" };
    let mut text = format!("{}: {what}, {way} {how}\n", paint.strong(&format!("{rule}")));
    if let Some(told) = &outcome.told {
        let _ = writeln!(text, "    {told}");
    }
    for (file, planted) in changes.iter().map(Change::shown) {
        let _ = writeln!(text, "  --> {file}");
        for line in planted.lines().take(LINES) {
            let _ = writeln!(text, "    | {line}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::boundary::{mutants::plan::append, rules::Rule};

    fn planted(what: &'static str, is_harmless: bool) -> Mutant {
        let changes = vec![append("orders/src/lib.rs", "use a::B;\nuse c::D;")];
        let (rule, way, found_in) = (Rule::Grants, "plain use", None);
        Mutant { rule, what, way, changes, found_in, is_harmless }
    }

    fn outcome(is_right: bool, told: Option<&str>) -> Outcome {
        Outcome { is_right, told: told.map(str::to_owned) }
    }

    #[test]
    fn what_is_missed_and_what_is_told_for_nothing_is_shown_with_what_was_planted() {
        let verdict = Verdict {
            mutants: vec![
                planted("a command", false),
                planted("a command", false),
                planted("what is granted", true),
                planted("what is granted", true),
            ],
            outcomes: vec![
                outcome(true, Some("B002: found")),
                outcome(false, None),
                outcome(false, Some("B004: found")),
                outcome(true, None),
            ],
            missing: vec!["a migration"],
        };
        assert!(!verdict.is_clean());
        expect![[r"
            B002: a command, plain use was not found
              --> orders/src/lib.rs
                | use a::B;
                | use c::D;
            B002: what is granted, plain use was not left alone
                B004: found
              --> orders/src/lib.rs
                | use a::B;
                | use c::D;
            B002 per edge, only the granted export groups are named
                a command                                               1 of    2  ←
            by way of writing
                plain use                                               1 of    2  ←
            controls, which break nothing
                what is granted                                         1 of    2  ←
            note: mutants are left out for want of a migration
        "]]
        .assert_eq(&verdict.render(Paint(false)));
        assert_eq!(verdict.summary(), "mutants: 1 of 2 found; 1 of 2 controls left alone");
    }
}
