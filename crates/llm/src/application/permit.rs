//! Leave to ask one thing.

use crate::{
    application::holders::Slot,
    domain::call::{Asker, Call, Question},
};

/// Leave to ask one thing, taken before anything is recorded of it: whoever is refused leaves no trace.
///
/// It counts as an answer that is being written as long as it lives. Dropped before an answer has begun, it is given back as if
/// nobody had asked.
#[derive(Debug)]
#[must_use = "dropped, it is given back"]
pub struct Permit {
    asker: Asker,
    /// None where nothing is limited.
    slot: Option<Slot>,
}

impl Permit {
    /// Where nothing is limited.
    pub(crate) fn unlimited(asker: Asker) -> Self {
        Self { asker, slot: None }
    }

    /// Within limits as well.
    pub(crate) fn within(self, slot: Slot) -> Self {
        Self { slot: Some(slot), ..self }
    }

    /// Whose it is.
    pub(crate) fn asker(&self) -> &Asker {
        &self.asker
    }

    /// What is asked with it.
    pub(crate) fn call(&self, question: Question) -> Call {
        let Asker { purpose, user_id, workspace_id, model } = self.asker.clone();
        let Question { id, temperature, longest_answer, messages } = question;
        Call { id, purpose, user_id, workspace_id, model, temperature, longest_answer, messages }
    }

    /// An answer begins: it has been asked, whatever becomes of it.
    pub(crate) fn used(self) -> Self {
        Self { slot: self.slot.map(Slot::used), ..self }
    }
}
