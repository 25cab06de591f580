//! The rules: their codes, their titles and the reasons behind them.

use std::{fmt, str::FromStr};

use anyhow::bail;

/// One promise of the architecture that the check holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// What the check cannot read, it cannot hold.
    Readable,
    /// Crates depend on each other exactly as declared.
    Edges,
    /// Per edge, only the granted export groups are named.
    Grants,
    /// Each layer names only what it may know.
    Layers,
    /// What a crate exports is what is declared.
    Exports,
    /// Events are named, catalogued and evolved with care.
    Events,
    /// SQL touches only tables of its own context.
    Tables,
    /// Every event is emitted by its own crate, and handled or kept as a record.
    Emission,
}

impl Rule {
    pub(crate) const ALL: [Self; 8] = [
        Self::Readable,
        Self::Edges,
        Self::Grants,
        Self::Layers,
        Self::Exports,
        Self::Events,
        Self::Tables,
        Self::Emission,
    ];

    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Readable => 0,
            Self::Edges => 1,
            Self::Grants => 2,
            Self::Layers => 3,
            Self::Exports => 4,
            Self::Events => 5,
            Self::Tables => 6,
            Self::Emission => 7,
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Readable => "what the check cannot read, it cannot hold",
            Self::Edges => "crates depend on each other exactly as declared",
            Self::Grants => "per edge, only the granted export groups are named",
            Self::Layers => "each layer names only what it may know",
            Self::Exports => "what a crate exports is what is declared",
            Self::Events => "events are named, catalogued and evolved with care",
            Self::Tables => "SQL touches only tables of its own context",
            Self::Emission => {
                "every event is emitted by its own crate, and handled or kept as a record"
            }
        }
    }

    /// What `--explain` prints below the title.
    pub(crate) fn rationale(self) -> &'static str {
        match self {
            Self::Readable => READABLE,
            Self::Edges => EDGES,
            Self::Grants => GRANTS,
            Self::Layers => LAYERS,
            Self::Exports => EXPORTS,
            Self::Events => EVENTS,
            Self::Tables => TABLES,
            Self::Emission => EMISSION,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "B{:03}", self.number())
    }
}

impl FromStr for Rule {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = |rule: &&Self| rule.to_string().eq_ignore_ascii_case(text);
        if let Some(rule) = Self::ALL.iter().find(known) {
            return Ok(*rule);
        }
        bail!("there is no rule {text}; the rules are B000 to B007")
    }
}

const READABLE: &str = "\
The check reads source files, manifests and migrations. A file that does not parse, or a module
whose file is missing, could hide anything, so it is an error of its own and not a silent gap.";

const EDGES: &str = "\
A dependency between two crates of the workspace is a decision about the architecture, so it is
written down twice: in the manifest, which makes it work, and in boundaries.toml, which makes it
reviewed. Both must say the same. A declared edge that nobody uses is an error too: permissions
that are lying around get used.

Normal and build dependencies are declared under `uses`, dependencies of tests alone under
`tests_use`. A dependency on a crate of the workspace keeps its name, and so does a library; under
another name it could not be recognised by those who read the code. A crate by path is a member
of the workspace, or it could pass on whatever it depends on. The product never contains the
fakes of another crate (`feature = \"testing\"`).";

const GRANTS: &str = "\
A context exports in named groups, and each edge says which of them may be used. This is what
keeps one context from calling the commands of another: effects between contexts travel as
events, questions go through a gateway, and only hosts and interfaces see the facades.

The check follows imports, full paths, attributes and the tokens of macros. What would hide a
name from it (and from the next reader) is forbidden: renaming or globbing a crate of the
workspace, re-exporting its items, giving them an alias, `#[path]`, `include!`, other names for
whole crates, `#[macro_use]` on crates, and crates that are handed to a macro which makes a path of
them.
Nobody names a crate on which he does not depend, also not in a macro that others call. The group
`testing` is open to test code on every declared edge, and to product code never unless the edge
says so.";

const LAYERS: &str = "\
The domain decides and does no I/O. The application asks and tells through ports. The
infrastructure implements the ports. The facade opens and commits. Layers are modules, and the
compiler lets every module name every other, so this check keeps them apart: `sees` lists the
modules of its own crate that a layer may name, `crates` the external crates, `groups` the
exports of other crates of the workspace. A crate under `only_in` may be named nowhere else. A
macro that every layer can call (`#[macro_use]` in lib.rs) would be in all of them.

Code that exists in tests alone, by `#[cfg(test)]` or `feature = \"testing\"`, is exempt from this
rule, and from no other.";

const EXPORTS: &str = "\
The export list of a crate is its contract with every other crate. It is repeated in
boundaries.toml, sorted into groups, so that a new export is seen in review as what it is, and so
that each edge can be granted less than everything. A macro among the exports is forbidden: it may
export anything. `--exports <crate>` prints the real list in the form in which it is declared.";

const EVENTS: &str = "\
Events outlive the code that wrote them. So their names are unique and begin with the context
that decides them, each is listed in the catalogue of its crate (from which the host learns what
it can decode), and each version, the earlier ones included, has two golden files below schemas/:
its schema and an example of its data.

A published schema only grows: it never loses a property, never changes the type of one and never
demands a new one; from the release on that contains it, nothing but its wording changes. A
published example never changes. A change that is not compatible is a new version beside the old,
with an upcaster that brings the data of the old one to it.

Events of tests need neither catalogue nor schema and may imitate those of another context, but
their names must be unique as well.";

const TABLES: &str = "\
A context owns its tables. It is the only one that reads or writes them, which is why a column
can be renamed by looking at one crate. Tables carry the prefix of their owner, every statement
stands in `sql!`, and the check parses each one, for both engines, as well as the migrations.

SQL that is not in `sql!` is invisible to this check and to the test that prepares every
statement on both engines; it is therefore left to the event core, which also is the only one
to look into the catalogs of the database systems. An example stands for a program elsewhere, whose
own tables are asked for as it likes; what it says in `sql!` is held to this rule.";

const EMISSION: &str = "\
An event that nobody emits is a promise that something will be told, and never is. Only the crate
that declares an event makes one, in code of the product: a fact is told by the context that
decides it, and by nobody in its name. (Those of the core are about hosts, which make them, too.
An example stands for a program elsewhere, which tells of people of its own.)

Somebody handles it (`Subscription::to::<Event>()`), or `records` in boundaries.toml says that it
is kept for the trail and for readers elsewhere. So an event whose last handler goes is noticed,
and whoever adds one sees which events are for nobody yet.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found_by_its_code() {
        for rule in Rule::ALL {
            assert_eq!(rule.to_string().parse::<Rule>().unwrap(), rule);
        }
        assert_eq!("b003".parse::<Rule>().unwrap(), Rule::Layers);
    }
}
