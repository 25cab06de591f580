//! What comes back from an archive is what went, or nothing comes back.

use std::{collections::BTreeMap, fs::File, io::Read as _, path::Path, time::Duration};

use flate2::read::GzDecoder;
use perme8_events::{
    Origin, Position, StorageError,
    host::{ArchiveBefore, ArchiveError, ArchiveWish},
    on_both_engines, sql,
    sql::{Forgetting, MIGRATIONS, UnitOfWork},
};

use crate::{
    archives::{archived, archives, before, files, from_to, old_notes, rows, verified},
    fixtures::{PROBE, change, emit, log, operator, user},
    people::met,
    sealing::{emails, forget},
};

/// The lines of an archive.
fn unpacked(folder: &Path, file: &str) -> String {
    let mut text = String::new();
    let file = File::open(folder.join(file)).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn an_archive_is_not_put_back_over_something_else(test: TestDb) {
        let db = &test.db;
        let was = old_notes(&test).await;
        let (archives, folder) = archives(db);
        archived(&archives, &before(10)).await;
        let kept = rows(db).await;
        let unchanged = async |why: &str| {
            let refused = archives.restore(&operator(), from_to(1, 9), |_| ()).await;
            assert!(matches!(refused, Err(ArchiveError::Conflict { .. })), "{why}: {refused:?}");
        };
        // Another event stands where one of them was.
        change(db, sql!(
            "INSERT INTO event_log (id, seq, event_type, version, aggregate_type, aggregate_id, actor_kind, audience, correlation_id,
               data, metadata, occurred_at)
             SELECT correlation_id, 7, event_type, version, aggregate_type, aggregate_id, actor_kind, audience, correlation_id, data,
               metadata, occurred_at FROM event_log WHERE seq = 12"
        )).await;
        unchanged("another event at its position").await;
        // One of them stands somewhere else.
        let id: uuid::Uuid = was[6].0["event_id"].as_str().unwrap().parse().unwrap();
        UnitOfWork::new(db.clone())
            .run(Origin::user(user(1)), async |tx| {
                tx.query(sql!("UPDATE event_log SET id = $1, seq = 100 WHERE seq = 7")).bind(id).exec().await.map(drop)
            })
            .await
            .unwrap_or_else(|error: StorageError| panic!("{error:?}"));
        unchanged("one of its events at another position").await;
        change(db, sql!("DELETE FROM event_log WHERE seq = 100")).await;
        assert_eq!(rows(db).await, kept);
        // A database that has archived nothing of the kind.
        let refused = archives.restore(&operator(), from_to(50, 60), |_| ()).await;
        assert!(matches!(refused, Err(ArchiveError::NothingArchived { .. })), "{refused:?}");
        assert_eq!(files(folder.path()).len(), 6);
        archives.restore(&operator(), from_to(1, 9), |_| ()).await.unwrap();
        assert_eq!(rows(db).await[..12], was);
    }

    async fn a_line_has_every_column_of_the_log(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        let columns: Vec<(String,)> = db
            .query(sql!(
                sqlite: "SELECT name FROM pragma_table_info('event_log') ORDER BY name",
                postgres: "SELECT attname::text FROM pg_attribute
                           WHERE attrelid = 'event_log'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname::text COLLATE \"C\""
            ))
            .all()
            .await
            .unwrap();
        let (archives, folder) = archives(db);
        let gone = archived(&archives, &before(5)).await;
        let text = unpacked(folder.path(), &gone.files[0]);
        let line: BTreeMap<String, serde_json::Value> = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        let column = |name: String| match name.as_str() {
            "position" => "seq".to_owned(),
            "event_id" => "id".to_owned(),
            _ => name,
        };
        let mut held: Vec<(String,)> = line.into_keys().map(|name| (column(name),)).collect();
        held.sort();
        // A column that is added to the log has to be added to `archive::rows` as well, or it would be lost.
        assert_eq!(held, columns);
    }

    async fn what_a_program_does_not_know_goes_there_and_back(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        change(db, sql!("UPDATE event_log SET event_type = 'strange.thing_done', version = 9, actor_kind = 'martian' WHERE seq = 2")).await;
        change(db, sql!("UPDATE event_log SET data = '{\"a\": [1,\n 2.50], \"b\": \"x\\ny\"}' WHERE seq = 3")).await;
        let raw = async || -> Vec<(String, i32, String)> {
            let all = db.query(sql!("SELECT event_type, version, actor_kind FROM event_log WHERE seq < 5 ORDER BY seq"));
            all.all().await.unwrap()
        };
        let was = raw().await;
        let (archives, _folder) = archives(db);
        archived(&archives, &before(5)).await;
        assert!(raw().await.is_empty());
        archives.restore(&operator(), from_to(1, 4), |_| ()).await.unwrap();
        assert_eq!(raw().await, was);
        assert!(verified(&archives).await.is_sound());
    }

    async fn what_is_forgotten_is_so_in_archives(test: TestDb) {
        const PEOPLE: u128 = 50;
        let db = &test.db;
        let email = |n: u128| format!("seeded{n:04}@example.com");
        for n in 1..=PEOPLE {
            emit(db, [met(n, &email(n))]).await;
        }
        // The last event stays in the log.
        emit(db, [met(PEOPLE + 1, "ben@example.com")]).await;
        test.clock.advance(Duration::from_hours(48));
        let (archives, folder) = archives(db);
        let all = (Position::new(1), Position::new(50));
        let wish = ArchiveWish::before(ArchiveBefore::Position(Position::new(51)));
        let known: Vec<String> = (1..=PEOPLE).map(email).collect();
        // The control: as long as nobody is forgotten, everything comes back that went.
        assert_eq!(archived(&archives, &wish).await.events, 50);
        archives.restore(&operator(), all, |_| ()).await.unwrap();
        assert_eq!(emails(&log(db).await)[..50], known);

        let gone = archived(&archives, &wish).await;
        let text = unpacked(folder.path(), &gone.files[0]);
        assert!((1..=PEOPLE).all(|n| text.contains(&format!("remark{n:04}"))), "what is not sealed is found");
        assert!(!text.contains("seeded"), "what is sealed in the log is sealed in its archive");
        for n in 1..=PEOPLE {
            forget(db, n, Forgetting::ForGood).await;
        }
        archives.restore(&operator(), all, |_| ()).await.unwrap();
        let back = emails(&log(db).await);
        assert_eq!((&back[..50], back[50].as_str()), (["-"; 50].map(str::to_owned).as_slice(), "ben@example.com"));
        assert!(verified(&archives).await.is_sound(), "the files say what the log says");
    }
}
