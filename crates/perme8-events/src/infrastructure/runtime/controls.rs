//! Runtimes that lack something which proofs show to be needed: the controls of those proofs.

use crate::infrastructure::runtime::RuntimeBuilder;

impl RuntimeBuilder {
    /// Commits effects whether the lease still holds or not: the control of the proof that this matters.
    #[must_use]
    pub fn unfenced(self) -> Self {
        Self { fenced: false, ..self }
    }

    /// Delivers what follows of a key whatever failed of it: the control of the proof that it has to wait.
    #[must_use]
    pub fn unsequenced(self) -> Self {
        Self { sequenced: false, ..self }
    }

    /// Delivers in the order of the log, whoever floods it: the control of the proof that stepping aside matters.
    #[must_use]
    pub fn unfair(self) -> Self {
        self.most_aside(0)
    }

    /// Takes nothing new while so many events of a partition stand aside: so that proofs need not let as many do so as there may.
    #[must_use]
    pub fn most_aside(self, most: usize) -> Self {
        Self { most_aside: most, ..self }
    }

    /// Swaps generations in two transactions, and never comes to the second: it says when it stands between them, where it
    /// is to be killed. The control of the proof that one transaction is needed.
    #[must_use]
    pub fn swapping_apart(self, say: fn()) -> Self {
        Self { swaps_apart: Some(say), ..self }
    }
}
