//! What a measurement found, beside what is wanted.

use std::{
    fmt,
    io::{self, Write},
};

use anyhow::bail;
use perme8_events::testing;
use serde::Serialize;

use crate::measure::show;

/// What a figure is wanted to be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// No less.
    AtLeast(f64),
    /// No more.
    AtMost(f64),
}

impl Goal {
    fn is_met_by(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(least) => figure >= least,
            Self::AtMost(most) => figure <= most,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "≥ {least}"),
            Self::AtMost(most) => write!(f, "≤ {most}"),
        }
    }
}

/// Something else that was found in the same run.
#[derive(Debug, Serialize)]
struct Beside {
    what: &'static str,
    figure: f64,
}

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, figure } = self;
        write!(f, "{what} {}", short(*figure))
    }
}

/// One figure.
#[derive(Debug, Serialize)]
pub struct Row {
    engine: &'static str,
    what: String,
    figure: f64,
    unit: &'static str,
    goal: Option<Goal>,
    is_met: Option<bool>,
    beside: Vec<Beside>,
}

impl Row {
    /// A figure that nothing is wanted of.
    #[must_use]
    pub fn new(
        engine: &'static str,
        what: impl Into<String>,
        figure: f64,
        unit: &'static str,
    ) -> Self {
        let what = what.into();
        Self { engine, what, figure, unit, goal: None, is_met: None, beside: Vec::new() }
    }

    /// Says what it is wanted to be.
    #[must_use]
    pub fn wanted(self, goal: Goal) -> Self {
        Self { is_met: Some(goal.is_met_by(self.figure)), goal: Some(goal), ..self }
    }

    /// Tells something else that was found in the same run.
    #[must_use]
    pub fn beside(mut self, what: &'static str, figure: f64) -> Self {
        self.beside.push(Beside { what, figure });
        self
    }
}

/// Three digits that tell something, or all of those before the point.
fn short(figure: f64) -> String {
    match figure.abs() {
        size if size < 10.0 => format!("{figure:.2}"),
        size if size < 100.0 => format!("{figure:.1}"),
        _ => format!("{figure:.0}"),
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, what, figure, unit, goal, is_met, beside } = self;
        let goal = goal.map_or_else(String::new, |goal| goal.to_string());
        let is_met = is_met.map_or("", |is_met| if is_met { "yes" } else { "no" });
        let beside: Vec<String> = beside.iter().map(Beside::to_string).collect();
        let (figure, beside) = (short(*figure), beside.join(", "));
        write!(f, "{engine:<12}{what:<52}{figure:>9} {unit:<9}{goal:>10}{is_met:>5}  {beside}")
    }
}

/// Prints what was found of one part, if anything was.
///
/// # Errors
///
/// Nobody reads it.
pub fn show_rows(out: &mut impl Write, part: &str, rows: &[Row]) -> io::Result<()> {
    let head = format!("{part:<64}{:>9} {:<9}{:>10}{:>5}  beside it", "found", "", "goal", "met");
    show(out, &head, rows)
}

/// Says what was found as the proof of a rung does, a line for each figure.
///
/// # Errors
///
/// One of them is not what it is wanted to be.
pub fn prove(rung: &str, rows: &[Row]) -> anyhow::Result<()> {
    for Row { engine, what, figure, unit, goal, is_met: _, beside } in rows {
        let mut said = vec![format!("{what}: {} {unit}", short(*figure))];
        said.extend(goal.iter().map(|goal| format!("wanted {goal}")));
        said.extend(beside.iter().map(Beside::to_string));
        testing::figure(rung, engine, &said.join(", "));
    }
    if let Some(Row { engine, what, figure, .. }) =
        rows.iter().find(|row| row.is_met == Some(false))
    {
        bail!("{engine}, {what}: {} is not what is wanted", short(*figure));
    }
    Ok(())
}
