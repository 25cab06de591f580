//! Whole hosts that are started in order to be killed.

use std::net::SocketAddr;

use scenarios::{Persona, Scenario};

use crate::victims::Victim;

/// A host in a process of its own, on the database of a scenario.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) victim: Victim,
    pub(crate) address: SocketAddr,
}

impl Host {
    pub(crate) async fn start(scenario: &Scenario) -> Self {
        Self::that(scenario, "host").await
    }

    /// One that the victim runs by this command.
    pub(crate) async fn that(scenario: &Scenario, command: &str) -> Self {
        let mut victim = Victim::start(command, &scenario.test_db().url);
        let address = victim.line().await.parse().unwrap();
        Self { victim, address }
    }

    /// Somebody with an account, logged in here: the clock of the scenario stands still, and its sessions ran out long ago.
    pub(crate) async fn persona(&self, person: &Persona) -> Persona {
        person.clone().at(self.address).again().await
    }

    pub(crate) fn name(&self) -> String {
        format!("pid-{}", self.victim.id())
    }
}
