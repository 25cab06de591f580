//! Graphs that go into files and come out of them again.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use erm::{
    BulkMode, Counted, CreateEdges, CreateEntities, CreateEntity, Erm, ErmOptions, FileFormat,
    Import, ImportError, ImportProblem, ImportReport, ImportedSchema, ListEdges, ListEntities,
    ListError, ListPlace, NewEdge, NewEntity, Properties, Quota, SchemaImport,
};
use identity::{CreateWorkspace, WorkspaceRef};
use perme8_events::{Origin, UserId, testing::on_both_engines};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader, ReadBuf};

use crate::office::{Office, engines};

mod reports;

fn properties(value: Value) -> Properties {
    serde_json::from_value(value).unwrap()
}

fn person(external_key: Option<String>, of: Value) -> NewEntity {
    NewEntity { entity_type: "Person".to_owned(), external_key, properties: properties(of) }
}

/// Twelve hundred people in a row, of whom each knows the next.
async fn stock(office: &Office) {
    let mut ids = Vec::new();
    for part in 0..2 {
        let person = |number: i64| {
            let name = format!("<Person> & \"{number}\"\n");
            let key = (number % 2 == 0).then(|| format!("crm:{number}"));
            person(key, json!({"full_name": name, "age": number % 100}))
        };
        let items = (part * 600..(part + 1) * 600).map(person).map(Ok).collect();
        let create = CreateEntities { workspace: engines(), items, mode: BulkMode::Atomic };
        let created = office.erm.create_entities(Origin::user(office.ben), create).await.unwrap();
        ids.extend(created.done.into_iter().map(|entity| entity.id.to_string()));
    }
    for pairs in ids.windows(2).collect::<Vec<_>>().chunks(1000) {
        let items = pairs.iter().map(|pair| NewEdge {
            edge_type: "KNOWS".to_owned(),
            source_id: pair[0].clone(),
            target_id: pair[1].clone(),
            properties: Properties::new(),
        });
        let create = CreateEdges {
            workspace: engines(),
            items: items.map(Ok).collect(),
            mode: BulkMode::Atomic,
        };
        office.erm.create_edges(Origin::user(office.ben), create).await.unwrap();
    }
}

async fn exported(erm: &Erm, by: UserId, workspace: &WorkspaceRef, format: FileFormat) -> String {
    let mut export = erm.export(&Origin::user(by), workspace, format).await.unwrap();
    let mut file = String::new();
    while let Some(piece) = export.next().await.unwrap() {
        file.push_str(&piece);
    }
    file
}

async fn import(
    office: &Office,
    by: UserId,
    import: Import,
    file: &str,
) -> Result<ImportReport, ImportError> {
    office.erm.import(Origin::user(by), import, file.as_bytes(), |_| ()).await
}

fn into(workspace: WorkspaceRef, format: FileFormat) -> Import {
    Import { workspace, format, schema: ImportedSchema::IfNone, dry_run: false }
}

/// The entities as their texts, and how many edges there are.
async fn content(office: &Office, workspace: &WorkspaceRef) -> (Vec<String>, u64) {
    let origin = Origin::user(office.ada);
    let mut texts = Vec::new();
    let mut place = ListPlace::default();
    loop {
        let asked = ListEntities {
            entity_type: None,
            filters: Vec::new(),
            sort: Some("created_at".to_owned()),
            include_deleted: false,
            limit: 500,
            place,
        };
        let page = office.erm.entities(&origin, workspace, asked).await.unwrap();
        texts.extend(page.items.into_iter().map(|entity| {
            format!(
                "{} {:?} {}",
                entity.entity_type,
                entity.external_key,
                Value::from(entity.properties)
            )
        }));
        match page.next {
            Some(next) => place = ListPlace::After(next),
            None => break,
        }
    }
    texts.sort();
    let asked = ListEdges {
        edge_type: None,
        source_id: None,
        target_id: None,
        filters: Vec::new(),
        sort: None,
        include_deleted: false,
        limit: 1,
        place: ListPlace::default(),
    };
    (texts, office.erm.edges(&origin, workspace, asked).await.unwrap().total)
}

/// So many people, a line each.
fn people(count: usize) -> String {
    let person = |number: usize| {
        json!({"entity": {"type": "Person", "properties": {"full_name": number.to_string()}}})
            .to_string()
    };
    (0..count).map(person).map(|line| line + "\n").collect()
}

/// What cannot be read any further.
struct Broken;

impl AsyncRead for Broken {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

const FILE: &str = r#"{"schema": {"entity_types": [{"name": "Person", "properties": [{"name": "full_name", "type": "string", "required": true}]}], "edge_types": [{"name": "KNOWS"}]}}
{"entity": {"id": "a", "type": "Person", "external_key": "crm:1", "properties": {"full_name": "Ada"}}}
{"entity": {"id": "b", "type": "Person", "properties": {"full_name": 7, "shoe": 39}}}

{"entity": {"id": "c", "type": "Robot"}}
nonsense
{"entity": {"id": "d", "type": "Person", "properties": {"full_name": "Dan"}}}
{"edge": {"type": "KNOWS", "source_id": "a", "target_id": "d"}}
{"edge": {"type": "KNOWS", "source_id": "a", "target_id": "b"}}
"#;

on_both_engines! {
    migrations: [
        &perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &projects::MIGRATIONS, &documents::MIGRATIONS,
        &erm::MIGRATIONS,
    ];

    async fn what_goes_into_a_file_comes_out_of_it(test: TestDb) {
        let office = Office::with_schema(test).await;
        stock(&office).await;
        let (there, edges) = content(&office, &engines()).await;
        assert_eq!((there.len(), edges), (1200, 1199));
        for format in FileFormat::ALL {
            let file = exported(&office.erm, office.gus, &engines(), format).await;
            let name = format!("Copy of {}", format.as_str());
            let create = CreateWorkspace { name, description: None, color: None };
            let created = office.identity.create_workspace(Origin::user(office.ada), create).await.unwrap();
            let copy: WorkspaceRef = created.id.into();
            let report = import(&office, office.ada, into(copy.clone(), format), &file).await.unwrap();
            assert_eq!((report.failed, report.entities.created, report.edges.created), (0, 1200, 1199));
            assert_eq!(report.read.bytes, file.len() as u64);
            assert_eq!(content(&office, &copy).await, (there.clone(), edges));
            // What has an external key is there already; the others come once more.
            let report = import(&office, office.ada, into(copy.clone(), format), &file).await.unwrap();
            let counts = (report.failed, report.entities.created, report.entities.updated, report.edges.created);
            assert_eq!(counts, (0, 600, 600, 1199));
        }
    }

    async fn what_is_there_already_is_replaced_with_its_unique_values(test: TestDb) {
        let office = Office::open(test).await;
        let schema = r#"{"schema": {"entity_types": [{"name": "Person", "properties": [
            {"name": "name", "type": "string"}, {"name": "email", "type": "string", "unique": true}]}],
            "edge_types": [{"name": "KNOWS"}]}}"#;
        let file = |name: &str| {
            let person = |number: u32| {
                let properties = json!({"name": name, "email": format!("{number}@example.com")});
                let key = format!("crm:{number}");
                json!({"entity": {"id": key, "type": "Person", "external_key": key, "properties": properties}}).to_string()
            };
            let edge = json!({"edge": {"type": "KNOWS", "source_id": "crm:0", "target_id": "crm:149"}});
            let lines = [schema.replace('\n', "")].into_iter().chain((0..150).map(person));
            lines.chain([edge.to_string()]).collect::<Vec<_>>().join("\n")
        };
        for (name, counts) in [("Ada", (150, 0, 1, 0)), ("Eve", (0, 150, 1, 0)), ("Eve", (0, 150, 1, 0))] {
            for dry_run in [true, false] {
                let wish = Import { dry_run, ..into(engines(), FileFormat::JsonLines) };
                let report = import(&office, office.ada, wish, &file(name)).await.unwrap();
                let ImportReport { entities, edges, failed, .. } = &report;
                assert_eq!((entities.created, entities.updated, edges.created, *failed), counts, "{report:?}");
            }
        }
        // One event of each kind per batch, and none where nothing is another.
        assert_eq!(office.events().await, [
            "schema_created", "bulk_entities_created", "bulk_edges_created", "bulk_entities_updated", "bulk_edges_created",
            "bulk_edges_created",
        ]);
        let (there, edges) = content(&office, &engines()).await;
        assert_eq!((there.len(), edges), (150, 3));
        assert!(there.iter().all(|person| person.contains("Eve")));
    }

    async fn where_the_workspace_is_full_it_ends(test: TestDb) {
        let office = Office::open(test).await;
        let quota = Quota { entities: 2, edges: 1 };
        let options = ErmOptions { quota, ..ErmOptions::default() };
        let office = Office { erm: office.erm.clone().with_options(options), ..office };
        let lines: Vec<&str> = FILE.lines().collect();
        let [schema, ada, .., to_dan, _] = *lines else { panic!("there are more") };
        let dan = lines[6];
        let eve = r#"{"entity": {"type": "Person", "properties": {"full_name": "Eve"}}}"#;
        for (file, of, created) in [
            ([schema, ada, dan, to_dan, to_dan, to_dan], Counted::Edges, (2, 1)),
            ([ada, ada, eve, eve, "nonsense", ada], Counted::Entities, (0, 0)),
        ] {
            let mut so_far = ImportReport::default();
            let told = |report: &ImportReport| so_far = report.clone();
            let wish = into(engines(), FileFormat::JsonLines);
            let file = file.join("\n");
            let outcome = office.erm.import(Origin::user(office.ada), wish, file.as_bytes(), told).await;
            let Err(ImportError::QuotaExceeded { of: found, .. }) = outcome else { panic!("{outcome:?}") };
            assert_eq!((found, (so_far.entities.created, so_far.edges.created)), (of, created));
            let is_full = |problem: &ImportProblem| problem.message.starts_with("the workspace has no room for more than");
            assert!(so_far.errors.iter().any(is_full), "{:?}", so_far.errors);
        }
        assert_eq!(content(&office, &engines()).await.1, 1);
    }

    async fn a_schema_that_comes_meanwhile_is_kept(test: TestDb) {
        let office = Office::open(test).await;
        let (mut sender, reader) = tokio::io::duplex(1);
        let wish = into(engines(), FileFormat::JsonLines);
        let import = office.erm.import(Origin::user(office.ada), wish, BufReader::new(reader), |_| ());
        let send = async {
            // There is room for the second byte once the import reads: it has looked for a schema then.
            sender.write_all(b"\n\n").await.unwrap();
            office.put(crate::office::people_and_companies(), None).await.unwrap();
            sender.write_all(FILE.as_bytes()).await.unwrap();
            drop(sender);
        };
        let (report, ()) = tokio::join!(import, send);
        let report = report.unwrap();
        assert_eq!((report.schema, report.entities.created), (SchemaImport::Kept, 2));
        let schema = office.erm.schema(&Origin::user(office.ben), &engines()).await.unwrap();
        assert_eq!((schema.version, schema.entity_types.len()), (1, 2));
    }

    async fn what_ends_an_import_is_told_with_what_was_taken_over(test: TestDb) {
        let office = Office::with_schema(test).await;
        let file = people(2500);
        let mut batches = Vec::new();
        let told = |report: &ImportReport| batches.push((report.entities.created, report.read.lines));
        let broken = file.as_bytes().chain(Broken);
        let wish = into(engines(), FileFormat::JsonLines);
        let outcome = office.erm.import(Origin::user(office.ben), wish, BufReader::new(broken), told).await;
        assert!(matches!(outcome, Err(ImportError::Unreadable(_))), "{outcome:?}");
        assert_eq!(batches, [(1000, 1001), (2000, 2001), (2000, 2500)]);
    }

    async fn who_does_not_write_imports_nothing(test: TestDb) {
        let office = Office::open(test).await;
        let wish = || into(engines(), FileFormat::JsonLines);
        let guest = import(&office, office.gus, wish(), FILE).await;
        assert!(matches!(guest, Err(ImportError::Forbidden)), "{guest:?}");
        // Members write entities, and no schema.
        let member = import(&office, office.ben, wish(), FILE).await;
        assert!(matches!(member, Err(ImportError::Forbidden)), "{member:?}");
        let tried = import(&office, office.ben, Import { dry_run: true, ..wish() }, FILE).await;
        assert!(matches!(tried, Err(ImportError::Forbidden)), "{tried:?}");
        let line = FILE.lines().nth(1).unwrap();
        let member = import(&office, office.ben, wish(), line).await;
        assert!(matches!(member, Err(ImportError::NoSchema)), "{member:?}");
        let stranger = import(&office, office.ben, into("elsewhere".into(), FileFormat::GraphMl), FILE).await;
        assert!(matches!(stranger, Err(ImportError::WorkspaceNotFound)), "{stranger:?}");
        let stranger = office.erm.export(&Origin::anonymous(), &engines(), FileFormat::GraphMl).await;
        assert!(matches!(stranger, Err(ListError::Forbidden)));
    }

    async fn an_export_without_a_schema_is_empty(test: TestDb) {
        let office = Office::open(test).await;
        assert_eq!(exported(&office.erm, office.gus, &engines(), FileFormat::JsonLines).await, "");
        let create = CreateEntity {
            workspace: engines(), entity_type: "Person".to_owned(), external_key: None, properties: Properties::new(),
        };
        assert!(office.erm.create_entity(Origin::user(office.ben), create).await.is_err());
        let document = exported(&office.erm, office.gus, &engines(), FileFormat::GraphMl).await;
        assert!(document.ends_with("</graph>\n</graphml>\n"), "{document}");
    }
}
