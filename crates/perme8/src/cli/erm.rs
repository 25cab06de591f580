//! `perme8 erm`.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use ::erm::{
    Erm, ErmOptions, FileFormat, IdentityGateway, Import, ImportProgress, ImportReport,
    ImportedSchema, SchemaImport,
};
use identity::{Directory, Role, WorkspaceEntry};
use perme8_events::{Id, Origin, UserId, WorkspaceId, sql::Db};
use tokio::{
    fs::{self, File},
    io::{AsyncWriteExt as _, BufReader, BufWriter},
};

use crate::cli::{Console, Failure, Paint, Report, plain};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Write the graph of a workspace: its schema, its entities and its edges
    Export {
        /// The slug or the id of the workspace
        workspace: String,
        /// The form of the file
        #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
        format: Format,
        /// Write to this file instead of standard output
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Take over entities and edges, and perhaps a schema, from a file
    ///
    /// What cannot be taken over is told line by line, and the rest is taken over; the exit code is 1 then. Entities with an
    /// external key that is there already are replaced. Where the workspace is full, it ends.
    Import(Args),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The slug or the id of the workspace
    workspace: String,
    /// The file
    file: PathBuf,
    /// The address of the member who does it
    #[arg(long = "as", value_name = "EMAIL")]
    member: String,
    /// The form of the file [default: what its name ends with]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// What becomes of a schema in the file
    #[arg(long, value_name = "HOW", default_value = "if-none")]
    schema: Schema,
    /// Look at everything and write nothing
    ///
    /// Of what stands far before in the file nothing is known then: what takes an external key, a unique value or the place of
    /// an only edge from it is told as taken over.
    #[arg(long)]
    dry_run: bool,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Format {
    /// A JSON document a line
    Jsonl,
    /// An XML document
    Graphml,
}

/// What becomes of a schema in a file.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Schema {
    /// It is taken if the workspace has none
    IfNone,
    /// It is taken instead of that of the workspace
    Replace,
}

/// Who acts in the log, when operators use the command line.
const OPERATOR: &str = "perme8.cli";
/// So many people are looked at at a time.
const PEOPLE: u32 = 500;
/// How wide the bar is at a terminal.
const BAR: u64 = 30;

pub(crate) async fn run(
    db: &Db,
    options: ErmOptions,
    command: Command,
    console: &Console,
) -> Result<ExitCode, Failure> {
    let directory = Directory::new(db.clone());
    let erm = Erm::new(db.clone(), Arc::new(IdentityGateway::new(directory.clone())));
    let erm = erm.with_options(options);
    match command {
        Command::Export { workspace, format, output } => {
            let workspace = found(&directory, &workspace).await?;
            let owners = directory.owners(&[workspace.id]).await?;
            let owner = owners.get(&workspace.id).copied();
            let owner = owner.ok_or_else(|| Failure::new("nobody owns the workspace"))?;
            export((&erm, acting_for(owner), workspace.id), format.into(), output, console).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Import(args) => {
            let workspace = found(&directory, &args.workspace).await?;
            let member = member(&directory, workspace.id, &args.member).await?;
            import((&erm, acting_for(member), workspace.id), args, console).await
        }
    }
}

fn acting_for(person: UserId) -> Origin {
    Origin::user(person).through(OPERATOR)
}

/// The workspace that is named by its slug or its id.
async fn found(directory: &Directory, name: &str) -> Result<WorkspaceEntry, Failure> {
    let found = match uuid::Uuid::try_parse(name) {
        Ok(id) => directory.workspace(Id::new(id)).await?,
        Err(_) => directory.workspace_by_slug(name).await?,
    };
    found.ok_or_else(|| Failure::new(format!("there is no workspace `{}`", plain(name))))
}

/// The member who has this address.
async fn member(
    directory: &Directory,
    workspace: WorkspaceId,
    email: &str,
) -> Result<UserId, Failure> {
    let mut after = None;
    loop {
        let people = directory.people(workspace, Role::Guest, after, PEOPLE).await?;
        let entries = directory.users(&people).await?;
        let mut entries = entries.into_iter();
        if let Some(entry) = entries.find(|entry| entry.email.eq_ignore_ascii_case(email.trim())) {
            return Ok(entry.id);
        }
        after = people.last().copied();
        if after.is_none() {
            let message = format!("no member of the workspace has the address {}", plain(email));
            return Err(Failure::new(message));
        }
    }
}

/// The facade, who acts, and where.
type Place<'a> = (&'a Erm, Origin, WorkspaceId);

async fn export(
    (erm, origin, workspace): Place<'_>,
    format: FileFormat,
    output: Option<PathBuf>,
    console: &Console,
) -> Result<(), Failure> {
    let mut export = erm.export(&origin, &workspace.into(), format).await?;
    let mut file = match output {
        Some(path) => Some(BufWriter::new(File::create(path).await?)),
        None => None,
    };
    let mut written = 0;
    while let Some(text) = export.next().await? {
        match &mut file {
            Some(file) => file.write_all(text.as_bytes()).await?,
            None => Console::bytes(text.as_bytes())?,
        }
        written += text.len();
        console.progress(&format!("{written} bytes written"));
    }
    if let Some(file) = &mut file {
        file.flush().await?;
    }
    console.progress_over();
    Ok(())
}

async fn import(
    (erm, origin, workspace): Place<'_>,
    args: Args,
    console: &Console,
) -> Result<ExitCode, Failure> {
    let Args { workspace: _, file: path, member: _, format, schema, dry_run } = args;
    let extension = path.extension().and_then(|extension| extension.to_str());
    let format = match (format, extension.map(str::to_ascii_lowercase).as_deref()) {
        (Some(format), _) => format.into(),
        (None, Some("graphml" | "xml")) => FileFormat::GraphMl,
        (None, _) => FileFormat::JsonLines,
    };
    let file = File::open(&path).await.map_err(|error| Failure {
        causes: vec![error.to_string()],
        ..Failure::new(format!("`{}` cannot be read", path.display()))
    })?;
    let size = fs::metadata(&path).await?.len();
    let schema = match schema {
        Schema::IfNone => ImportedSchema::IfNone,
        Schema::Replace => ImportedSchema::Replace,
    };
    let import = Import { workspace: workspace.into(), format, schema, dry_run };
    let mut so_far = None;
    let told = |report: &ImportReport| {
        console.progress(&bar(report.read, size));
        so_far = Some(report.clone());
    };
    let outcome = erm.import(origin, import, BufReader::new(file), told).await;
    console.progress_over();
    // What was taken over before it broke off stays.
    if let Some(report) = &so_far {
        console.report(report)?;
    }
    Ok(if outcome?.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How far it is, as a bar.
fn bar(ImportProgress { lines, bytes }: ImportProgress, size: u64) -> String {
    let size = size.max(1);
    let filled = usize::try_from(bytes.min(size) * BAR / size).unwrap_or_default();
    let rest = usize::try_from(BAR).unwrap_or_default().saturating_sub(filled);
    format!("[{}{}] {lines} lines, {bytes} of {size} bytes", "#".repeat(filled), ".".repeat(rest))
}

impl From<Format> for FileFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Jsonl => Self::JsonLines,
            Format::Graphml => Self::GraphMl,
        }
    }
}

impl Report for ImportReport {
    fn text(&self, paint: Paint) -> String {
        let Self { dry_run, schema, entities, edges, failed, errors, read } = self;
        let mut lines: Vec<String> = errors
            .iter()
            .map(|error| {
                let field = error.field.as_deref().map(|field| format!("{field}: "));
                let said = plain(&format!("{}{}", field.unwrap_or_default(), error.message));
                format!("{} {said}", paint.bad(&format!("line {}:", error.line)))
            })
            .collect();
        let schema = match schema {
            SchemaImport::Absent => "no schema in the file",
            SchemaImport::Kept => "the schema of the workspace stays",
            SchemaImport::Created => "the schema is the first of the workspace",
            SchemaImport::Replaced => "the schema is replaced",
            SchemaImport::Failed => "the schema is none",
        };
        let word = if *dry_run { "would be imported" } else { "imported" };
        let done = format!(
            "{} entities created, {} updated, {} edges created, {failed} failed in {} lines; {schema}",
            entities.created, entities.updated, edges.created, read.lines
        );
        let word = if *failed == 0 { paint.good(word) } else { paint.bad(word) };
        lines.push(format!("{word}: {done}"));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use ::erm::{ImportProblem, ImportedEdges, ImportedEntities};
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_bar_grows_with_the_bytes() {
        let bar = |bytes| bar(ImportProgress { lines: 7, bytes }, 1000);
        expect!["[..............................] 7 lines, 0 of 1000 bytes"].assert_eq(&bar(0));
        expect!["[###############...............] 7 lines, 500 of 1000 bytes"].assert_eq(&bar(500));
        expect!["[##############################] 7 lines, 2000 of 1000 bytes"]
            .assert_eq(&bar(2000));
    }

    #[test]
    fn a_report_names_the_lines_that_failed() {
        let report = ImportReport {
            dry_run: false,
            schema: SchemaImport::Kept,
            entities: ImportedEntities { created: 3, updated: 1 },
            edges: ImportedEdges { created: 2 },
            failed: 1,
            errors: vec![ImportProblem {
                line: 4,
                field: Some("age".to_owned()),
                message: "must be an integer".to_owned(),
            }],
            read: ImportProgress { lines: 8, bytes: 100 },
        };
        expect![[r#"
            line 4: age: must be an integer
            imported: 3 entities created, 1 updated, 2 edges created, 1 failed in 8 lines; the schema of the workspace stays"#]]
        .assert_eq(&report.text(Paint::PLAIN));
    }
}
