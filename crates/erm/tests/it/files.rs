//! Graphs that go into files and come out of them again.

use erm::{
    BulkMode, CreateEdges, CreateEntities, CreateEntity, Erm, FileFormat, Import, ImportError,
    ImportReport, ImportedSchema, ListEdges, ListEntities, ListError, ListPlace, NewEdge,
    NewEntity, Properties,
};
use expect_test::{Expect, expect};
use identity::{CreateWorkspace, WorkspaceRef};
use perme8_events::{Origin, UserId, testing::on_both_engines};
use serde_json::{Value, json};

use crate::office::{Office, engines};

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
        let items = (part * 600..(part + 1) * 600).map(person).collect();
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
        let create =
            CreateEdges { workspace: engines(), items: items.collect(), mode: BulkMode::Atomic };
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

async fn check(office: &Office, file: &str, change: impl FnOnce(&mut Import), expected: &Expect) {
    let mut wish = into(engines(), FileFormat::JsonLines);
    change(&mut wish);
    let report = import(office, office.ada, wish, file).await.unwrap();
    expected.assert_eq(&serde_json::to_string_pretty(&report).unwrap());
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

    async fn what_cannot_be_taken_over_is_told_line_by_line(test: TestDb) {
        let office = Office::open(test).await;
        let dry = expect![[""]];
        check(&office, FILE, |import| import.dry_run = true, &dry).await;
        assert_eq!(office.events().await, [""; 0]);
        check(&office, FILE, |_| (), &expect![[""]]).await;
        assert_eq!(content(&office, &engines()).await.1, 1);
        check(&office, FILE, |import| import.schema = ImportedSchema::Replace, &expect![[""]]).await;
        let schema = r#"{"schema": {"entity_types": [{"name": "no name"}]}}"#;
        check(&office, schema, |import| import.schema = ImportedSchema::Replace, &expect![[""]]).await;
    }

    async fn who_does_not_write_imports_nothing(test: TestDb) {
        let office = Office::open(test).await;
        let wish = || into(engines(), FileFormat::JsonLines);
        let guest = import(&office, office.gus, wish(), FILE).await;
        assert!(matches!(guest, Err(ImportError::Forbidden)), "{guest:?}");
        // Members write entities, and no schema.
        let member = import(&office, office.ben, wish(), FILE).await;
        assert!(matches!(member, Err(ImportError::Forbidden)), "{member:?}");
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
