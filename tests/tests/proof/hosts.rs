//! Whole hosts that are started in order to be killed.

use std::net::SocketAddr;

use llm::testing::ProviderServer;
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
        Self::of(Victim::start(command, &scenario.test_db().url)).await
    }

    /// One that asks the models of this provider.
    pub(crate) async fn asking(scenario: &Scenario, provider: &ProviderServer) -> Self {
        Self::of(Victim::asking("host-asking", &scenario.test_db().url, provider)).await
    }

    async fn of(mut victim: Victim) -> Self {
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
