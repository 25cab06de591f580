//! What kind of knowledge an entry is.

use crate::domain::knowledge::relation::words;

words! {
    /// What kind of knowledge an entry is.
    pub enum Category {
        /// How something is done.
        HowTo "how_to",
        /// What has proven itself.
        Pattern "pattern",
        /// What was agreed on.
        Convention "convention",
        /// What was decided, and why.
        ArchitectureDecision "architecture_decision",
        /// What surprises.
        Gotcha "gotcha",
        /// What something is.
        Concept "concept",
    }

    /// A text is no category.
    pub struct UnknownCategory
        "the category must be one of how_to, pattern, convention, architecture_decision, gotcha, concept";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_read_as_it_is_written() {
        for category in Category::ALL {
            assert_eq!(category.as_str().parse(), Ok(*category));
            assert!(UnknownCategory.to_string().contains(category.as_str()));
        }
        for other in ["", "How_To", "howto", "concept "] {
            assert_eq!(other.parse::<Category>(), Err(UnknownCategory));
        }
    }
}
