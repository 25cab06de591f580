//! R17: no edit of a note is lost that was acknowledged, however often hosts are killed while many type.
//!
//! An edit is acknowledged when somebody else is told of it, and when a host says that it has it.

use std::time::{Duration, Instant};

use perme8::MIGRATIONS;
use perme8_events::testing::{TestDb, figure};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use scenarios::{Scenario, eventually};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    form::{chance, limits, live, proof, say},
    hosts::Host,
    typists::{Desk, Memory, Typist},
};

/// So many type at each host.
const TYPISTS: usize = 4;
/// What takes longer has gone wrong.
const SOON: Duration = Duration::from_mins(2);

/// A document, the hosts at which it is edited, and those who type there.
struct Office<'a> {
    scenario: &'a Scenario,
    command: &'static str,
    document: String,
    /// Of somebody who only looks.
    bearer: String,
    memory: Memory,
    chance: StdRng,
    places: Vec<(Host, JoinSet<Typist>)>,
    kills: usize,
}

impl<'a> Office<'a> {
    /// So many hosts that the victim runs by this command.
    async fn open(
        scenario: &'a Scenario,
        command: &'static str,
        hosts: usize,
        chance: StdRng,
    ) -> Self {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let plan = json!({ "title": "Plan", "content": "Begun. ", "visibility": "public" });
        let document = ada.write(&slug, plan).await;
        let first = Host::that(scenario, command).await;
        let people = [first.persona(&ada).await, first.persona(&ben).await];
        let mut office = Self {
            scenario,
            command,
            document,
            bearer: people[0].bearer().to_owned(),
            memory: Memory::default(),
            chance,
            places: Vec::new(),
            kills: 0,
        };
        let mut first = Some(first);
        for _ in 0..hosts {
            let host = match first.take() {
                Some(first) => first,
                None => office.another_host().await,
            };
            let typists = people.iter().cycle().take(TYPISTS).map(|person| {
                let chance = StdRng::from_rng(&mut office.chance);
                Typist::new(person.bearer().to_owned(), &office.memory, chance)
            });
            let typists = typists.collect();
            office.employ(host, typists);
        }
        office
    }

    async fn another_host(&self) -> Host {
        Host::that(self.scenario, self.command).await
    }

    fn desk(&self, host: &Host) -> Desk {
        Desk { address: host.address, document: self.document.clone() }
    }

    /// From now on they type at this host.
    fn employ(&mut self, host: Host, typists: Vec<Typist>) {
        let desk = self.desk(&host);
        let typing = typists.into_iter().map(|typist| typist.types_at(desk.clone())).collect();
        self.places.push((host, typing));
    }

    /// Kills one of the hosts; who typed there stands before a closed door.
    async fn kill(&mut self) -> Vec<Typist> {
        let which = self.chance.random_range(0..self.places.len());
        let (host, typing) = self.places.swap_remove(which);
        host.victim.kill().await;
        self.kills += 1;
        typing.join_all().await
    }

    /// So much of what anybody was told is not in the note, as somebody finds it at a host that has just begun.
    async fn lost(&self, host: &Host) -> u32 {
        let told = self.memory.told().clone();
        told.missing_in(&self.desk(host).note(&self.bearer).await)
    }

    /// Kills a host sooner or later, and puts another into its place; so much is lost.
    async fn strike(&mut self) -> u32 {
        // One in four dies while editors come, the others while they are told of edits.
        if self.chance.random_bool(0.75) {
            let before = self.memory.told().relays;
            let is_told = async || self.memory.told().relays > before;
            eventually("somebody is told of an edit", is_told).await;
            live(Duration::from_millis(self.chance.random_range(0..400))).await;
        } else {
            live(Duration::from_millis(self.chance.random_range(0..100))).await;
        }
        let typists = self.kill().await;
        let host = self.another_host().await;
        let lost = self.lost(&host).await;
        self.employ(host, typists);
        lost
    }

    /// Ends it with a last host, at which everybody comes to the same; so much is lost.
    async fn close(mut self) -> u32 {
        let mut typists = Vec::new();
        while !self.places.is_empty() {
            typists.extend(self.kill().await);
        }
        let host = self.another_host().await;
        let lost = self.lost(&host).await;
        let desk = self.desk(&host);
        // First all say what they have, and then each takes what the others had.
        for _ in 0..2 {
            for typist in &mut typists {
                typist.visits(&desk).await;
            }
        }
        let text = typists[0].reads();
        assert!(typists.iter().all(|typist| typist.reads() == text));
        host.victim.kill().await;
        let Self { scenario, command, memory, kills, .. } = self;
        let (engine, told) = (scenario.test_db().db.engine_name(), memory.told());
        let found = format!(
            "{command}: {kills} kills, {} relays, {} characters in the end, hung up {:?}",
            told.relays,
            text.len(),
            told.hung_up
        );
        figure("R17", engine, &found);
        assert!(told.relays > 0);
        lost
    }
}

async fn nothing_is_lost(test: TestDb, hosts: usize) {
    let scenario = Scenario::start(test).await;
    let (most, time) = limits(8, 400);
    let mut office = Office::open(&scenario, "host", hosts, chance("R17")).await;
    let begun = Instant::now();
    while office.kills < most && begun.elapsed() < time {
        let lost = office.strike().await;
        assert_eq!(lost, 0, "after {} kills", office.kills);
        if office.kills.is_multiple_of(50) {
            say(&format!("  {} kills, {} relays", office.kills, office.memory.told().relays));
        }
    }
    assert_eq!(office.close().await, 0);
    scenario.stop().await;
}

async fn acknowledged_edits_survive_every_kill(test: TestDb) {
    nothing_is_lost(test, 1).await;
}

/// Whoever is told before the commit knows of what may never be: sooner or later a kill shows it.
async fn telling_before_the_commit_is_noticed(test: TestDb) {
    let scenario = Scenario::start(test).await;
    let chance = chance("R17, control");
    let mut office = Office::open(&scenario, "host-telling-early", 1, chance).await;
    let begun = Instant::now();
    let mut lost = 0;
    while lost == 0 {
        assert!(begun.elapsed() < SOON, "{} kills, and none was noticed", office.kills);
        lost = office.strike().await;
    }
    let line = format!(
        "control, told before the commit: {} kills until {lost} characters were lost",
        office.kills
    );
    figure("R17", scenario.test_db().db.engine_name(), &line);
    office.close().await;
    scenario.stop().await;
}

proof! {
    migrations: *MIGRATIONS;
    hosts_are_killed_and_no_acknowledged_edit_is_lost: acknowledged_edits_survive_every_kill;
    control_others_are_told_before_the_commit: telling_before_the_commit_is_noticed;
}

/// Several hosts on one database are a matter of PostgreSQL.
#[tokio::test]
async fn one_of_two_hosts_is_killed_and_no_acknowledged_edit_is_lost() {
    if let Some(test) = TestDb::postgres(2, MIGRATIONS).await {
        test.run(async |test| nothing_is_lost(test, 2).await).await;
    }
}
