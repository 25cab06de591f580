//! Which models may be asked, and what they cost.

use std::{fmt, str::FromStr};

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

/// The text is no list of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be names with commas between them, each perhaps with what a million tokens cost, said and answered: small=0.15/0.6, big"
)]
pub struct InvalidModelList;

/// The models that an operator lists: names, and prices where the costs should be known, e.g. `small=0.15/0.6, big`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelList(pub Vec<ListedModel>);

/// More are not listed.
const LONGEST_LIST: usize = 1_000;

impl FromStr for ModelList {
    type Err = InvalidModelList;

    fn from_str(text: &str) -> Result<Self, InvalidModelList> {
        let listed = text.split(',').map(|entry| entry.trim().parse());
        let listed: Vec<ListedModel> = listed.collect::<Result<_, _>>()?;
        if listed.len() > LONGEST_LIST { Err(InvalidModelList) } else { Ok(Self(listed)) }
    }
}

impl fmt::Display for ModelList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ListedModel { name, price }) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{name}")?;
            if let Some(Price { prompt, completion }) = price {
                write!(f, "={}/{}", PerMillion(*prompt), PerMillion(*completion))?;
            }
        }
        Ok(())
    }
}

impl FromStr for ListedModel {
    type Err = InvalidModelList;

    fn from_str(text: &str) -> Result<Self, InvalidModelList> {
        let (name, price) = match text.rsplit_once('=') {
            None => (text, None),
            Some((name, prices)) => {
                let (prompt, completion) = prices.split_once('/').ok_or(InvalidModelList)?;
                let price = |text: &str| text.trim().parse().map(|PerMillion(each)| each);
                (name, Some(Price { prompt: price(prompt)?, completion: price(completion)? }))
            }
        };
        let name = name.trim().parse().map_err(|_| InvalidModelList)?;
        Ok(Self { name, price })
    }
}

/// What a token costs in billionths, written as what a million of them cost, with up to three decimals.
struct PerMillion(u64);

impl FromStr for PerMillion {
    type Err = InvalidModelList;

    fn from_str(text: &str) -> Result<Self, InvalidModelList> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(part) || whole.len() > 9 || part.len() > 3 {
            return Err(InvalidModelList);
        }
        format!("{whole}{part:0<3}").parse().map(Self).map_err(|_| InvalidModelList)
    }
}

impl fmt::Display for PerMillion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1_000, format!("{:03}", self.0 % 1_000));
        match part.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            part => write!(f, "{whole}.{part}"),
        }
    }
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
    fn a_list_is_read_as_it_is_written_and_prices_are_exact() {
        let text = "small=0.15/0.6, a/b:free=0/0, big, huge=75/150.125";
        let list: ModelList = text.parse().unwrap();
        assert_eq!(list.to_string(), text);
        let prices: Vec<_> = list.0.iter().map(|model| model.price).collect();
        let price = |prompt, completion| Some(Price { prompt, completion });
        assert_eq!(prices, [price(150, 600), price(0, 0), None, price(75_000, 150_125)]);
        for text in ["", "a,", "a b", "a=1", "a=1/", "a=-1/2", "a=1.2345/1", "a=1e3/1", "=1/1"] {
            assert_eq!(text.parse::<ModelList>(), Err(InvalidModelList), "{text}");
        }
    }

    #[test]
    fn where_there_is_no_model_every_name_may_be_written_and_none_is_asked() {
        let models = Models::unknown();
        assert!(models.allow(&named("anything")));
        assert_eq!(models.chosen(Some(&named("anything"))), Err(AskFailure::NotConfigured));
    }
}
