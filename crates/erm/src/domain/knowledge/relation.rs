//! How one entry relates to another.

/// Writes a type of words that stand for themselves, and the error for all others.
macro_rules! words {
    (
        $(#[$doc:meta])+ pub enum $Word:ident { $($(#[$word_doc:meta])+ $Name:ident $word:literal,)+ }
        $(#[$error_doc:meta])+ pub struct $Unknown:ident $message:literal;
    ) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $Word {
            $($(#[$word_doc])+ $Name,)+
        }

        $(#[$error_doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[error($message)]
        pub struct $Unknown;

        impl $Word {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$Name),+];

            /// The word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$Name => $word,)+
                }
            }
        }

        impl std::fmt::Display for $Word {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $Word {
            type Err = $Unknown;

            fn from_str(text: &str) -> Result<Self, $Unknown> {
                match text {
                    $($word => Ok(Self::$Name),)+
                    _ => Err($Unknown),
                }
            }
        }
    };
}

pub(crate) use words;

words! {
    /// How one entry relates to another; the type of the edge from the one to the other.
    pub enum RelationType {
        /// Both are about something.
        RelatesTo "relates_to",
        /// It holds only with the other.
        DependsOn "depends_on",
        /// It is to be known before the other.
        PrerequisiteFor "prerequisite_for",
        /// It shows the other.
        ExampleOf "example_of",
        /// It belongs to the other.
        PartOf "part_of",
        /// It stands in the place of the other.
        Supersedes "supersedes",
    }

    /// A text is no type of relations.
    pub struct UnknownRelationType
        "the type of a relation must be one of relates_to, depends_on, prerequisite_for, example_of, part_of, supersedes";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_as_it_is_written() {
        for relation in RelationType::ALL {
            assert_eq!(relation.as_str().parse(), Ok(*relation));
            assert!(UnknownRelationType.to_string().contains(relation.as_str()));
        }
        assert_eq!("RELATES_TO".parse::<RelationType>(), Err(UnknownRelationType));
    }
}
