//! Rooms that get into each other's way in the database, or into that of others.

use futures_util::FutureExt as _;
use perme8_events::{
    Origin, StorageError, sql,
    sql::{MIGRATIONS, Tx, UnitOfWork},
    testing::{TestDb, on_both_engines, until_awaited, wait_until},
};

use super::{
    client::{SOON, Told},
    world::{NEVER, World, join},
};
use crate::testing::{ADMIN, MEMBER};

on_both_engines! {
    migrations: [&MIGRATIONS, &crate::MIGRATIONS];

    async fn two_nodes_put_the_edits_of_a_note_together_at_once(test: TestDb) {
        let world = World::begin(test, "").await;
        let there = world.another_node(NEVER);
        let (mut ada, mut ben) = (world.join(MEMBER).await, join(&there, ADMIN).await.unwrap());
        ada.settle().await;
        ben.settle().await;
        for number in 1..=500 {
            ada.write(&format!("{number}\n")).await;
        }
        ben.until("500\n").await;
        // One of them knows of an edit more, and comes second.
        world.village.mute(true);
        ada.write("501\n").await;
        ada.settle().await;
        let (db, uow) = (&world.test.db, UnitOfWork::new(world.test.db.clone()));
        let held: Result<(), StorageError> = uow.run(Origin::system("test"), async |tx| {
            tx.query(sql!("UPDATE documents_notes SET head = head")).exec().await?;
            drop(ben);
            until_awaited(tx, 1).await?;
            drop(ada);
            until_awaited(tx, 2).await
        }).await;
        held.unwrap();
        wait_until("the edits are put together", SOON, async || world.stored().await == (501, 501)).await;
        let left = sql!("SELECT COUNT(*) FROM documents_note_updates");
        assert_eq!(db.query(left).scalar::<i64>().await.unwrap(), 0);
        let mut eve = world.join(ADMIN).await;
        eve.settle().await;
        assert_eq!(eve.note.markdown(), "501\n");
        eve.write("502\n").await;
        eve.settle().await;
        assert_eq!((world.stored().await, world.says().await.as_deref()), ((502, 501), Some("502\n")));
    }

    async fn who_must_say_more_hears_nothing_of_what_is_not_committed(test: TestDb) {
        let world = World::begin(test, "one\n\ntwo").await;
        let (mut ada, mut ben) = (world.join(MEMBER).await, world.join(ADMIN).await);
        ada.settle().await;
        ben.settle().await;
        world.tamper(async |tx| {
            let lock = tx.query(sql!("UPDATE documents_notes SET head = head")).exec().await?;
            ada.write("one!\n\ntwo\n").await;
            // What this builds upon he has not said.
            ben.note.write("one\n\ntwo!\n").unwrap();
            ben.write("one\n\ntwo!!\n").await;
            until_awaited(tx, 1).await?;
            assert!(ben.editing.next().now_or_never().is_none());
            Ok(lock)
        }).await;
        let told = [ben.hear().await.unwrap(), ben.hear().await.unwrap()];
        assert_eq!(told, [Told::Edited, Told::Asked]);
        for editor in [&mut ada, &mut ben] {
            editor.until("one!\n\ntwo!!\n").await;
        }
    }
}

/// A database that tells the first who appends an edit to make way for others; only PostgreSQL does, whenever it likes.
async fn make_way_once(tx: &mut Tx) -> Result<u64, StorageError> {
    tx.query(sql!("CREATE SEQUENCE tries")).exec().await?;
    let make_way = sql!(
        "CREATE FUNCTION make_way() RETURNS trigger LANGUAGE plpgsql AS '
         BEGIN
             IF nextval(''tries'') = 1 THEN RAISE EXCEPTION USING ERRCODE = ''serialization_failure''; END IF;
             RETURN NEW;
         END'"
    );
    tx.query(make_way).exec().await?;
    let each = sql!(
        "CREATE TRIGGER make_way BEFORE INSERT ON documents_note_updates FOR EACH ROW EXECUTE FUNCTION make_way()"
    );
    tx.query(each).exec().await
}

#[tokio::test]
async fn a_commit_that_must_make_way_for_others_is_tried_again() {
    let Some(test) = TestDb::postgres(5, &[&MIGRATIONS, &crate::MIGRATIONS]).await else { return };
    test.run(async |test| {
        let world = World::begin(test, "Hello").await;
        let (mut ada, mut ben) = (world.join(MEMBER).await, world.join(ADMIN).await);
        ada.settle().await;
        ben.settle().await;
        let stored = world.stored().await.0;
        world.tamper(make_way_once).await;
        ada.write("Hello world\n").await;
        ada.settle().await;
        let told = ben.settle().await;
        let edited = told.iter().filter(|told| **told == Told::Edited).count();
        assert_eq!((edited, ben.note.markdown().as_str()), (1, "Hello world\n"));
        let says = world.says().await;
        assert_eq!((world.stored().await.0, says.as_deref()), (stored + 1, Some("Hello world\n")));
        let tries = world.test.db.query(sql!("SELECT last_value FROM tries"));
        assert_eq!(tries.scalar::<i64>().await.unwrap(), 2, "it made way once");
    })
    .await;
}
