//! Whom an import keeps waiting, and for whom it waits.

use perme8_events::{StorageError, testing::on_both_engines};

use super::*;
use crate::{
    application::ports::{MockMembers, Workspaces as _},
    domain::lines::FileFormat,
    testing::{COMPANY, OWNER},
};

const FILE: &str = r#"{"schema": {"entity_types": [{"name": "Person"}], "edge_types": [{"name": "KNOWS"}]}}
{"entity": {"id": "a", "type": "Person"}}
{"entity": {"id": "b", "type": "Person"}}
{"edge": {"type": "KNOWS", "source_id": "a", "target_id": "b"}}
"#;

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn whoever_only_looks_does_not_wait_for_whoever_writes(test: TestDb) {
        let erm = Erm::new(test.db.clone(), MockMembers::everywhere(false));
        let looked = erm.uow.run(Origin::system("tests"), async |tx| {
            // Until this ends nobody else writes there, and on SQLite nobody anywhere.
            assert!(tx.enter(COMPANY).await?);
            let import = Import {
                workspace: COMPANY.into(),
                format: FileFormat::JsonLines,
                schema: ImportedSchema::IfNone,
                dry_run: true,
            };
            Ok::<_, StorageError>(erm.import(Origin::user(OWNER), import, FILE.as_bytes(), |_| ()).await)
        });
        let report = looked.await.unwrap().unwrap();
        assert_eq!((report.failed, report.entities.created, report.edges.created), (0, 2, 1));
    }
}
