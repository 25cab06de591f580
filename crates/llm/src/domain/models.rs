//! Which models may be asked, and what they cost.

use crate::domain::{failure::AskFailure, model_name::ModelName, told::Usage};

/// What a model costs, in billionths of the currency of the price list for each token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// For what is said to it.
    pub prompt: u64,
    /// For what it says.
    pub completion: u64,
}

impl Price {
    /// What so much costs, in billionths.
    #[must_use]
    pub fn of(self, usage: &Usage) -> u64 {
        let prompt = usage.prompt_tokens.saturating_mul(self.prompt);
        prompt.saturating_add(usage.completion_tokens.saturating_mul(self.completion))
    }
}

/// A model that may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    /// What it is called.
    pub name: ModelName,
    /// What it costs, if that is known.
    pub price: Option<Price>,
}

/// The models that may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Models {
    default: Option<ModelName>,
    listed: Vec<ListedModel>,
}

impl Models {
    /// Whatever there may be one day: of a host that has no model, which refuses no name because of that.
    #[must_use]
    pub fn unknown() -> Self {
        Self { default: None, listed: Vec::new() }
    }

    /// These alone; who names none gets the default one, which may be asked in any case.
    #[must_use]
    pub fn only(default: ModelName, mut listed: Vec<ListedModel>) -> Self {
        if !listed.iter().any(|model| model.name == default) {
            listed.insert(0, ListedModel { name: default.clone(), price: None });
        }
        Self { default: Some(default), listed }
    }

    /// The one for those who name none.
    #[must_use]
    pub fn default_model(&self) -> Option<&ModelName> {
        self.default.as_ref()
    }

    /// Every one that may be asked; empty when nobody knows yet.
    #[must_use]
    pub fn listed(&self) -> &[ListedModel] {
        &self.listed
    }

    /// Whether this one may be asked.
    #[must_use]
    pub fn allow(&self, name: &ModelName) -> bool {
        self.default.is_none() || self.listed.iter().any(|model| &model.name == name)
    }

    /// What so much of this model costs in billionths, if that is known.
    #[must_use]
    pub fn cost(&self, name: &ModelName, usage: &Usage) -> Option<u64> {
        let model = self.listed.iter().find(|model| &model.name == name)?;
        Some(model.price?.of(usage))
    }

    /// The model that answers when this one, or none, is named.
    ///
    /// # Errors
    ///
    /// [`AskFailure::ModelNotAllowed`], or [`AskFailure::NotConfigured`] when there is none at all.
    pub fn chosen(&self, named: Option<&ModelName>) -> Result<ModelName, AskFailure> {
        let default = self.default.as_ref().ok_or(AskFailure::NotConfigured)?;
        let chosen = named.unwrap_or(default);
        if self.allow(chosen) {
            Ok(chosen.clone())
        } else {
            Err(AskFailure::ModelNotAllowed { model: chosen.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> ModelName {
        text.parse().unwrap()
    }

    fn used(prompt_tokens: u64, completion_tokens: u64) -> Usage {
        Usage { prompt_tokens, completion_tokens, is_estimated: false }
    }

    #[test]
    fn who_names_no_model_gets_the_default_one_and_no_other_is_asked() {
        let price = Some(Price { prompt: 150, completion: 600 });
        let listed = vec![ListedModel { name: named("big"), price }];
        let models = Models::only(named("small"), listed);
        assert_eq!(models.chosen(None), Ok(named("small")));
        assert_eq!(models.chosen(Some(&named("big"))), Ok(named("big")));
        let refused = models.chosen(Some(&named("huge"))).unwrap_err();
        assert_eq!(refused, AskFailure::ModelNotAllowed { model: named("huge") });
        assert_eq!(models.cost(&named("big"), &used(1_000_000, 10)), Some(150_006_000));
        assert_eq!(models.cost(&named("small"), &used(1, 1)), None);
        assert_eq!(models.cost(&named("big"), &used(u64::MAX, u64::MAX)), Some(u64::MAX));
    }

    #[test]
    fn where_there_is_no_model_every_name_may_be_written_and_none_is_asked() {
        let models = Models::unknown();
        assert!(models.allow(&named("anything")));
        assert_eq!(models.chosen(Some(&named("anything"))), Err(AskFailure::NotConfigured));
    }
}
