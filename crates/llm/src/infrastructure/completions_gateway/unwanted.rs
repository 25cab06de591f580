//! What models do not take.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{domain::model_name::ModelName, infrastructure::wire::Request};

/// The parameters that models said they do not take: newer ones take no temperature, and call the longest answer by another name.
/// Knowing that saves a refusal for each of them in every call. A host that restarts has forgotten it.
#[derive(Debug, Default)]
pub(super) struct Unwanted(Mutex<HashMap<ModelName, Vec<String>>>);

impl Unwanted {
    /// Leaves them out.
    pub(super) fn leave_out(&self, model: &ModelName, body: &mut Request<'_>) {
        for parameter in self.locked().get(model).into_iter().flatten() {
            body.do_without(parameter);
        }
    }

    /// Notes one, in the order in which they were found out.
    pub(super) fn note(&self, model: &ModelName, parameter: String) {
        let mut unwanted = self.locked();
        let unwanted = unwanted.entry(model.clone()).or_default();
        if !unwanted.contains(&parameter) {
            unwanted.push(parameter);
        }
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<ModelName, Vec<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
