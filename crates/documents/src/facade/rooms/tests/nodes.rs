//! The same note is open on several nodes.

use std::time::Duration;

use futures_util::FutureExt as _;
use perme8_events::{
    sql::MIGRATIONS,
    testing::{on_both_engines, wait_until},
};

use super::{
    client::{SOON, Told, caret},
    world::{NEVER, World, join},
};
use crate::{
    facade::rooms::Pace,
    testing::{ADMIN, MEMBER},
};

on_both_engines! {
    migrations: [&MIGRATIONS, &crate::MIGRATIONS];

    async fn nodes_tell_each_other_of_edits(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let there = world.another_node(NEVER);
        let (mut ada, mut ben) = (world.join(MEMBER).await, join(&there, ADMIN).await.unwrap());
        ada.settle().await;
        ben.settle().await;
        ada.write("Hello world\n").await;
        ben.until("Hello world\n").await;
        // Too long to come with the message.
        let long = format!("{}\n", "long ".repeat(2_000).trim_end());
        ben.write(&long).await;
        ada.until(&long).await;
    }

    async fn nodes_that_hear_nothing_look_by_themselves(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let looking = Pace { poll: Duration::from_millis(20), ..NEVER };
        let (there, elsewhere) = (world.another_node(looking), world.another_node(NEVER));
        let mut ada = world.join(MEMBER).await;
        let mut ben = join(&there, ADMIN).await.unwrap();
        let mut eve = join(&elsewhere, ADMIN).await.unwrap();
        for editor in [&mut ada, &mut ben, &mut eve] {
            editor.settle().await;
        }
        world.village.mute(true);
        ada.write("Hello world\n").await;
        ben.until("Hello world\n").await;
        // Who does not look, and is not told, does not know.
        assert!(eve.editing.next().now_or_never().is_none());
        world.village.mute(false);
        ben.write("Hello, world\n").await;
        eve.until("Hello, world\n").await;
    }

    async fn edits_at_the_same_time_on_several_nodes_come_to_the_same(test: TestDb) {
        let world = World::begin(test, "one\n\ntwo").await;
        let there = world.another_node(NEVER);
        let (mut ada, mut ben) = (world.join(MEMBER).await, join(&there, ADMIN).await.unwrap());
        ada.settle().await;
        ben.settle().await;
        world.village.mute(true);
        ada.write("one!\n\ntwo\n").await;
        ben.write("one\n\ntwo!\n").await;
        ada.settle().await;
        ben.settle().await;
        world.village.mute(false);
        // Who of them was the second has seen the other's already.
        let more = ada.note.markdown().replace("one!", "one!!");
        ada.write(&more).await;
        ada.until("one!!\n\ntwo!\n").await;
        ben.until("one!!\n\ntwo!\n").await;
        assert_eq!(world.says().await.as_deref(), Some("one!!\n\ntwo!\n"));
    }

    async fn an_editor_that_moves_to_another_node_misses_nothing(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let there = world.another_node(NEVER);
        let (mut ada, mut ben) = (world.join(MEMBER).await, join(&there, ADMIN).await.unwrap());
        ada.settle().await;
        ben.settle().await;
        world.village.mute(true);
        ada.write("Hello world\n").await;
        ada.settle().await;
        let mut moved = join(&there, MEMBER).await.unwrap();
        std::mem::swap(&mut moved.note, &mut ada.note);
        moved.write("Hello, world\n").await;
        moved.settle().await;
        ben.until("Hello, world\n").await;
    }

    async fn a_node_that_is_far_behind_finds_a_snapshot(test: TestDb) {
        let world = World::begin(test, "").await;
        let there = world.another_node(NEVER);
        let (mut ada, mut ben) = (world.join(MEMBER).await, join(&there, ADMIN).await.unwrap());
        ada.settle().await;
        ben.settle().await;
        world.village.mute(true);
        for number in 1..=501 {
            ada.write(&format!("{number}\n")).await;
        }
        ada.settle().await;
        drop(ada);
        wait_until("it is put together", SOON, async || {
            world.stored().await == (501, 501)
        }).await;
        world.village.mute(false);
        world.write("502").await;
        ben.until("502\n").await;
    }

    async fn whose_farewell_was_not_heard_is_missed_although_the_node_lives(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let (poll, beat) = (Duration::from_millis(20), Duration::from_millis(40));
        let mortal = Pace { poll, beat, silence: Duration::from_millis(400), ..NEVER };
        let (here, there) = (world.another_node(mortal), world.another_node(mortal));
        let ada = join(&there, MEMBER).await.unwrap();
        let mut ben = join(&here, ADMIN).await.unwrap();
        ben.settle().await;
        ada.say(caret(7, 1, "{}")).await;
        // She is there and does not say so again.
        let mut seen = Vec::new();
        while !seen.iter().any(|told| matches!(told, Told::Present(states) if states.contains("null"))) {
            seen.push(ben.hear().await.unwrap());
        }
        ben.settle().await;
    }

    async fn who_is_on_another_node_is_seen_and_missed_when_it_dies(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let mortal = Pace {
            poll: Duration::from_millis(20),
            beat: Duration::from_millis(40),
            silence: Duration::from_millis(400),
            ..NEVER
        };
        let (here, there) = (world.another_node(mortal), world.another_node(mortal));
        let ada = join(&there, MEMBER).await.unwrap();
        ada.say(caret(7, 1, "{}")).await;
        // Who comes later is told, too.
        let mut ben = join(&here, ADMIN).await.unwrap();
        let mut seen = ben.settle().await;
        while !seen.iter().any(|told| matches!(told, Told::Present(states) if states.contains("Person 4"))) {
            seen.push(ben.hear().await.unwrap());
        }
        world.village.mute(true);
        let mut seen = ben.hear().await.unwrap();
        while !matches!(&seen, Told::Present(states) if states.contains("null")) {
            seen = ben.hear().await.unwrap();
        }
    }
}
