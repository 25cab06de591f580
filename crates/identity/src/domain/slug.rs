//! The readable names of workspaces, and of what is in them, in addresses.

use std::fmt;

use deunicode::deunicode_char;
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

/// The longest name part of a slug; a suffix comes on top.
const MAX: usize = 80;

/// A hyphen and six digits.
const SUFFIX: usize = 7;

/// Words that are part of addresses beside the slugs, or would mislead as the name of a workspace.
const RESERVED: [&str; 40] = [
    "accept",
    "admin",
    "api",
    "app",
    "archive",
    "assets",
    "bulk",
    "decline",
    "dev",
    "docs",
    "documents",
    "edit",
    "events",
    "health",
    "invitations",
    "leave",
    "legacy",
    "login",
    "logout",
    "mailbox",
    "me",
    "members",
    "metrics",
    "new",
    "notifications",
    "perme8",
    "projects",
    "ready",
    "register",
    "restore",
    "sessions",
    "settings",
    "static",
    "support",
    "system",
    "tickets",
    "transfer",
    "users",
    "workspaces",
    "www",
];

/// The readable name of something in addresses: lower-case ASCII letters, digits and single hyphens between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slug(String);

impl Slug {
    /// The slug of a name: letters and digits of every script are written as ASCII, blanks become hyphens, all else goes.
    ///
    /// Nothing if nothing is left, as of a name of pictures.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut slug = String::new();
        // Composed, because a letter is transliterated as a whole.
        for c in name.nfc() {
            let ascii = match c {
                c if c.is_whitespace() || c == '-' => "-",
                c if c.is_alphanumeric() => deunicode_char(c).unwrap_or_default(),
                _ => "",
            };
            for c in ascii.chars() {
                if c.is_ascii_alphanumeric() {
                    slug.push(c.to_ascii_lowercase());
                // Blanks part syllables, as of Chinese.
                } else if matches!(c, ' ' | '-') && !slug.is_empty() && !slug.ends_with('-') {
                    slug.push('-');
                }
            }
        }
        slug.truncate(MAX);
        let slug = slug.trim_end_matches('-');
        (!slug.is_empty()).then(|| Self(slug.to_owned()))
    }

    /// A slug as it stands in an address; nothing if nothing can have it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let has_length = (1..=MAX + SUFFIX).contains(&text.len());
        (has_length && text.chars().all(fits)).then(|| Self(text.to_owned()))
    }

    /// Trusts what was made here before it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// What it is the slug of, such as `workspace`, and six random hex digits, for names of which nothing is left.
    #[must_use]
    pub fn random(of: &'static str, random: Uuid) -> Self {
        Self(format!("{of}-{}", six_digits(random)))
    }

    /// The same and six random hex digits, because it is taken.
    #[must_use]
    pub fn with_suffix(&self, random: Uuid) -> Self {
        Self(format!("{}-{}", self.0, six_digits(random)))
    }

    /// Whether no workspace may have it.
    pub(crate) fn is_reserved(&self) -> bool {
        RESERVED.contains(&self.0.as_str())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The low 24 bits: random in every version of UUID, while the high ones are time.
fn six_digits(random: Uuid) -> String {
    format!("{:06x}", random.as_u128() & 0x00ff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, slug: &str) {
        assert_eq!(
            Slug::from_name(name).map_or(String::new(), |slug| slug.to_string()),
            slug,
            "{name}"
        );
    }

    #[test]
    fn names_become_slugs() {
        check("Product Team", "product-team");
        check("Café résumé", "cafe-resume");
        check("  a  -  b -", "a-b");
        check("-lead", "lead");
        check("R&D / Ops!", "rd-ops");
        check("snake_case [x]^`\\", "snakecase-x");
        check("Straße & Œuvre", "strasse-oeuvre");
        check("a\u{308}\u{a0}b\tc", "a-b-c");
        check("🎉 ---", "");
        check(&"ab ".repeat(100), &"ab-".repeat(27)[..80]);
    }

    #[test]
    fn names_in_other_scripts_are_transliterated() {
        check("Москва", "moskva");
        check("Καλημέρα κόσμε", "kalemera-kosme");
        check("日本語 チーム", "ri-ben-yu-timu");
        check("서울", "seoul");
        check("\u{1109}\u{1165}\u{110b}\u{116e}\u{11af}", "seoul");
        check("٣ مشاريع", "3-mshry");
    }

    #[test]
    fn reserved_words_are_sorted_and_slugs() {
        assert!(RESERVED.is_sorted());
        for word in RESERVED {
            assert_eq!(Slug::from_name(word).as_ref().map(Slug::as_str), Some(word));
        }
    }

    #[test]
    fn suffixes_are_six_hex_digits() {
        let random = Uuid::from_u128(0xffff_0000_0000_0000_0000_0000_0000_0abc);
        assert_eq!(Slug::random("workspace", random).as_str(), "workspace-000abc");
        assert_eq!(Slug::from_name("Café").unwrap().with_suffix(random).as_str(), "cafe-000abc");
    }

    #[test]
    fn what_nothing_can_have_is_no_slug() {
        for text in ["", "a".repeat(88).as_str(), "Über", "a b", "a\0", "a_b", "UPPER"] {
            assert_eq!(Slug::parse(text), None, "{text:?}");
        }
        assert!(Slug::parse("product-team-0a1b2c").is_some());
        assert!(Slug::parse(&"a".repeat(87)).is_some());
        assert!(Slug::parse("settings").unwrap().is_reserved());
        assert!(!Slug::parse("product-team").unwrap().is_reserved());
    }
}
