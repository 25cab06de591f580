//! Everybody is on one node.

use futures_util::poll;
use identity::Role;
use perme8_events::{
    Origin, StorageError, sql,
    sql::{MIGRATIONS, UnitOfWork},
    testing::{on_both_engines, wait_until},
};

use super::{
    client::{Client, SOON, Told, caret, frame_of},
    world::{NEVER, World, join},
};
use crate::{
    application::{edit_note::EditNoteError, surroundings::Surroundings as _},
    domain::{
        note::tests::too_deep,
        sync::signal::{NoteSignal, Says},
    },
    facade::rooms::{Pace, connection::EditingEnd},
    infrastructure::note_queries,
    testing::{ADMIN, GUEST, MEMBER, STRANGER},
};

/// What an editor has written is refused, and the connection lives.
async fn is_denied(editor: &mut Client) {
    let told = editor.settle().await;
    let denied = Told::Denied("this note is read-only for you".to_owned());
    assert!(told.contains(&denied), "{told:?}");
}

on_both_engines! {
    migrations: [&MIGRATIONS, &crate::MIGRATIONS];

    async fn what_one_writes_is_stored_and_the_others_see_it(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let (mut ada, mut ben) = (world.join(MEMBER).await, world.join(ADMIN).await);
        ada.settle().await;
        ben.settle().await;
        ada.write("Hello world\n").await;
        ada.settle().await;
        assert_eq!(world.says().await.as_deref(), Some("Hello world\n"));
        ben.until("Hello world\n").await;
        ben.write("Hello, world\n").await;
        ada.until("Hello, world\n").await;
        drop((ada, ben));
        let mut eve = world.join(GUEST).await;
        eve.settle().await;
        assert_eq!(eve.note.markdown(), "Hello, world\n");
    }

    async fn whatever_waits_is_one_transaction(test: TestDb) {
        let world = World::begin(test, "").await;
        let (mut ada, mut ben) = (world.join(MEMBER).await, world.join(ADMIN).await);
        ada.settle().await;
        ben.settle().await;
        let mut said = world.village.overhear();
        let uow = UnitOfWork::new(world.test.db.clone());
        let held: Result<(), StorageError> = uow.run(Origin::system("test"), async |tx| {
            let lock = sql!("UPDATE documents_notes SET head = head");
            tx.query(lock).exec().await?;
            for number in 0..20 {
                ada.write(&format!("ada {number}\n")).await;
            }
            ben.write("ben\n").await;
            Ok(())
        }).await;
        held.unwrap();
        ada.settle().await;
        ben.settle().await;
        ada.settle().await;
        assert_eq!(ada.note.markdown(), ben.note.markdown());
        let mut commits = 0;
        while let Ok(edited) = said.try_recv() {
            commits += usize::from(format!("{edited:?}").contains("Edited"));
        }
        // The first edit is alone, because nothing else waited when it came.
        assert!((1..=3).contains(&commits), "{commits} transactions of 21 edits");
        assert_eq!(world.stored().await.0, 21);
    }

    async fn who_only_reads_sees_everything_and_changes_nothing(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let (mut gus, mut ada) = (world.join(GUEST).await, world.join(MEMBER).await);
        gus.settle().await;
        ada.settle().await;
        gus.write("Goodbye\n").await;
        is_denied(&mut gus).await;
        ada.write("Hello world\n").await;
        ada.settle().await;
        assert_eq!(world.says().await.as_deref(), Some("Hello world\n"));
    }

    async fn strangers_find_nothing(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let refused = join(&world.documents, STRANGER).await.err();
        assert!(matches!(refused, Some(EditNoteError::WorkspaceNotFound)));
        world.share(false).await;
        let refused = join(&world.documents, ADMIN).await.err();
        assert!(matches!(refused, Some(EditNoteError::DocumentNotFound)));
        world.trash().await;
        let refused = join(&world.documents, MEMBER).await.err();
        assert!(matches!(refused, Some(EditNoteError::DocumentNotFound)));
    }

    async fn who_loses_the_right_to_see_is_let_go_at_once(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let mut everybody = Vec::new();
        for user in [GUEST, ADMIN, MEMBER] {
            everybody.push(world.join(user).await);
        }
        let [mut gus, mut eve, mut ada] = <[_; 3]>::try_from(everybody).ok().unwrap();
        world.leaves(GUEST);
        assert_eq!(gus.end().await, EditingEnd::AccessLost);
        world.share(false).await;
        world.village.happens();
        assert_eq!(eve.end().await, EditingEnd::AccessLost);
        ada.settle().await;
        world.trash().await;
        world.village.happens();
        assert_eq!(ada.end().await, EditingEnd::DocumentGone);
        assert_eq!(ada.editing.say(vec![3].into()).await, Err(EditingEnd::DocumentGone));
    }

    async fn the_right_to_write_is_checked_where_it_is_committed(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let mut eve = world.join(ADMIN).await;
        eve.settle().await;
        // Nobody tells the room of it.
        world.share(false).await;
        eve.write("Mine\n").await;
        assert_eq!(eve.end().await, EditingEnd::AccessLost);
        assert_eq!(world.says().await.as_deref(), Some("Hello"));
    }

    async fn roles_are_asked_for_where_it_is_committed(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let mut eve = world.join(ADMIN).await;
        eve.settle().await;
        world.leaves_unheard(ADMIN);
        eve.write("Mine\n").await;
        assert_eq!(eve.end().await, EditingEnd::AccessLost);
        assert_eq!(world.says().await.as_deref(), Some("Hello"));
    }

    async fn who_loses_the_right_to_write_reads_on_and_may_get_it_back(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let (mut ada, mut eve) = (world.join(MEMBER).await, world.join(ADMIN).await);
        ada.settle().await;
        eve.settle().await;
        world.becomes_unheard(ADMIN, Role::Guest);
        eve.write("Hello Eve\n").await;
        is_denied(&mut eve).await;
        ada.write("Hello Ada\n").await;
        ada.settle().await;
        assert!(eve.settle().await.contains(&Told::Edited));
        assert_eq!(world.says().await.as_deref(), Some("Hello Ada\n"));
        world.becomes_unheard(ADMIN, Role::Admin);
        world.archives_unheard(true);
        ada.write("Late\n").await;
        is_denied(&mut ada).await;
        assert_eq!(world.says().await.as_deref(), Some("Hello Ada\n"));
        world.archives_unheard(false);
        world.village.happens();
        // What was denied comes with what is written next, as if it had been written offline.
        ada.write("In time\n").await;
        for _ in 0..2 {
            ada.settle().await;
        }
        assert_eq!(world.says().await.as_deref(), Some("In time\n"));
    }

    async fn what_somebody_says_before_leaving_is_stored_whoever_comes_then(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let mut ada = world.join(ADMIN).await;
        ada.settle().await;
        let mut entering = world.enters(MEMBER).await;
        ada.write("Hello world\n").await;
        drop(ada);
        assert!(poll!(&mut entering).is_pending());
        let mut ben = Client::new(entering.await.unwrap());
        ben.settle().await;
        assert_eq!(ben.note.markdown(), "Hello world\n");
        assert_eq!(world.says().await.as_deref(), Some("Hello world\n"));
    }

    async fn who_turns_back_at_the_door_was_never_there(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let mut ada = world.join(MEMBER).await;
        let mut entering = world.enters(ADMIN).await;
        assert!(poll!(&mut entering).is_pending());
        // It is answered by then.
        ada.settle().await;
        drop((entering, ada));
        wait_until("the room is closed", SOON, async || !world.is_open()).await;
    }

    async fn who_sees_the_document_again_comes_in_at_once(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let (mut ada, mut eve) = (world.join(MEMBER).await, world.join(ADMIN).await);
        ada.settle().await;
        world.share(false).await;
        world.village.happens();
        assert_eq!(eve.end().await, EditingEnd::AccessLost);
        // Nobody tells the room of it.
        world.share(true).await;
        world.join(ADMIN).await.settle().await;
    }

    async fn one_person_has_a_note_open_twenty_times(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let mut connections = Vec::new();
        for _ in 0..20 {
            connections.push(world.join(GUEST).await);
        }
        let refused = join(&world.documents, GUEST).await.err();
        assert!(matches!(refused, Some(EditNoteError::Crowded)));
        world.join(MEMBER).await.settle().await;
    }

    async fn a_node_opens_no_more_notes_than_it_can_hold(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let full = world.another_node(Pace { most_open: 0, ..NEVER });
        assert!(matches!(join(&full, MEMBER).await.err(), Some(EditNoteError::Crowded)));
    }

    async fn a_note_that_cannot_be_looked_after_for_a_while_stays_open(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let mut ada = world.join(MEMBER).await;
        ada.settle().await;
        world.tamper(async |tx| tx.query(sql!("ALTER TABLE documents_notes RENAME COLUMN head TO lost_head")).exec().await).await;
        world.village.say(world.plans_id, &NoteSignal { copy: 0, says: Says::Written });
        ada.settle().await;
        world.tamper(async |tx| tx.query(sql!("ALTER TABLE documents_notes RENAME COLUMN lost_head TO head")).exec().await).await;
        world.write("Hello from afar").await;
        ada.until("Hello from afar\n").await;
    }

    async fn a_note_of_which_edits_are_lost_is_not_read_for_ever(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        world.write("Hello world").await;
        world.tamper(async |tx| tx.query(sql!("DELETE FROM documents_note_updates WHERE number = 1")).exec().await).await;
        let lost = note_queries::stored_note(&mut &world.test.db, world.plans_id).await;
        assert!(lost.is_err());
        let refused = join(&world.documents, MEMBER).await.err();
        assert!(matches!(refused, Some(EditNoteError::Storage(_))));
    }

    async fn who_takes_nothing_is_let_go_and_missed(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let (mut ada, ben) = (world.join(MEMBER).await, world.join(ADMIN).await);
        ada.settle().await;
        ben.say(caret(7, 1, "{}")).await;
        for _ in 0..5_000 {
            // What it is told waits for it.
            if ben.editing.say(vec![3].into()).await.is_err() {
                break;
            }
        }
        let (mut seen, mut frames) = (String::new(), 0);
        while !seen.contains("null") {
            let Ok(Told::Present(states)) = ada.hear().await else { panic!("it is not over") };
            (seen, frames) = (states, frames + 1);
        }
        assert_eq!((frames, ben.editing.next().await), (2, Err(EditingEnd::TooSlow)));
    }

    async fn whoever_moves_a_caret_all_the_time_drowns_nobody(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let (mut ada, mut ben) = (world.join(MEMBER).await, world.join(ADMIN).await);
        ada.settle().await;
        for clock in 1..=100 {
            ben.say(caret(7, clock, "{}")).await;
        }
        ben.settle().await;
        let told = ada.settle().await;
        assert!((1..=20).contains(&told.len()), "{} frames of 100 moves", told.len());
    }

    async fn who_says_nonsense_goes_alone(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let (mut eve, mut ada) = (world.join(ADMIN).await, world.join(MEMBER).await);
        eve.say(vec![9]).await;
        assert_eq!(eve.end().await, EditingEnd::Malformed);
        let long = vec![0; crate::domain::sync::connection::MAX_FRAME + 1];
        assert_eq!(ada.editing.say(long.into()).await, Err(EditingEnd::TooLong));
        ada.settle().await;
    }

    async fn who_spoils_the_note_goes_alone_and_the_others_lose_nothing(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let (mut eve, mut ada) = (world.join(ADMIN).await, world.join(MEMBER).await);
        eve.settle().await;
        ada.settle().await;
        ada.write("Hello world\n").await;
        eve.say(frame_of(&[0, 2], too_deep().1.as_update())).await;
        assert_eq!(eve.end().await, EditingEnd::Malformed);
        ada.settle().await;
        assert_eq!(world.says().await.as_deref(), Some("Hello world\n"));
    }

    async fn who_waits_for_edits_that_are_not_stored_comes_back_with_them(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let (mut ada, mut ben) = (world.join(MEMBER).await, world.join(ADMIN).await);
        ada.settle().await;
        ben.settle().await;
        world.tamper(async |tx| tx.query(sql!("ALTER TABLE documents_notes RENAME COLUMN edited_by TO lost_by")).exec().await).await;
        ada.write("Hello world\n").await;
        assert_eq!(ada.end().await, EditingEnd::Storage);
        world.tamper(async |tx| tx.query(sql!("ALTER TABLE documents_notes RENAME COLUMN lost_by TO edited_by")).exec().await).await;
        ben.settle().await;
        assert_eq!(ben.note.markdown(), "Hello\n", "what is not committed is told to nobody");
        let mut again = world.join(MEMBER).await;
        std::mem::swap(&mut again.note, &mut ada.note);
        again.settle().await;
        ben.until("Hello world\n").await;
        assert_eq!(world.says().await.as_deref(), Some("Hello world\n"));
    }

    async fn what_is_written_over_rest_reaches_the_editors(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let mut ada = world.join(MEMBER).await;
        ada.settle().await;
        world.write("Hello from afar").await;
        ada.until("Hello from afar\n").await;
    }

    async fn who_is_there_is_seen_until_the_connection_ends(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let (mut ada, ben) = (world.join(MEMBER).await, world.join(ADMIN).await);
        ada.settle().await;
        ben.say(caret(7, 1, "{}")).await;
        let Ok(Told::Present(states)) = ada.hear().await else { panic!("Ben is there") };
        assert!(states.contains("Person 3"), "{states}");
        drop(ben);
        let Ok(Told::Present(states)) = ada.hear().await else { panic!("Ben is gone") };
        assert!(states.contains("null"), "{states}");
    }

    async fn edits_are_put_together_and_who_comes_later_sees_the_same(test: TestDb) {
        let world = World::begin(test, "").await;
        let mut ada = world.join(MEMBER).await;
        ada.settle().await;
        for number in 1..=500 {
            ada.write(&format!("{number}\n")).await;
        }
        ada.settle().await;
        drop(ada);
        wait_until("the edits are put together", SOON, async || world.stored().await == (500, 500)).await;
        let mut ben = world.join(ADMIN).await;
        ben.settle().await;
        assert_eq!(ben.note.markdown(), "500\n");
        ben.write("501\n").await;
        ben.settle().await;
        assert_eq!((world.stored().await, world.says().await.as_deref()), ((501, 500), Some("501\n")));
    }

    async fn a_host_that_stops_lets_everybody_go(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let mut ada = world.join(MEMBER).await;
        world.village.stop();
        assert_eq!(ada.end().await, EditingEnd::Closed);
    }
}
