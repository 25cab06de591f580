//! Names on the wire.

/// Whether `text` is lower snake case: words of `a-z` and `0-9`, joined by single underscores, the first with a letter first.
pub(crate) fn is_snake_case(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.split('_').all(|word| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// Whether `text` is `<context>.<event>`, each in lower snake case.
pub(crate) fn is_event_type(text: &str) -> bool {
    text.split_once('.')
        .is_some_and(|(context, event)| is_snake_case(context) && is_snake_case(event))
}

/// The type of the event `struct_name` of `package`.
pub(crate) fn event_type(package: &str, struct_name: &str) -> String {
    format!("{}.{}", package.replace('-', "_"), snake_case(struct_name))
}

/// `MemberInvited` as `member_invited`; an acronym is one word, so `APIKeyCreated` is `api_key_created`.
fn snake_case(camel_case: &str) -> String {
    let mut snake_case = String::with_capacity(camel_case.len() + 4);
    let mut previous: Option<char> = None;
    let mut letters = camel_case.chars().peekable();
    while let Some(letter) = letters.next() {
        let starts_word = letter.is_uppercase()
            && previous.is_some_and(|previous| {
                let ends_acronym = letters.peek().is_some_and(|next| next.is_lowercase());
                previous != '_' && (!previous.is_uppercase() || ends_acronym)
            });
        if starts_word {
            snake_case.push('_');
        }
        snake_case.extend(letter.to_lowercase());
        previous = Some(letter);
    }
    snake_case
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_the_package_and_the_struct_in_snake_case() {
        for (struct_name, expected) in [
            ("MemberInvited", "perme8_events.member_invited"),
            ("APIKeyCreated", "perme8_events.api_key_created"),
            ("MagicLinkForTOTP", "perme8_events.magic_link_for_totp"),
            ("Moved2Project", "perme8_events.moved2_project"),
            ("Legacy_Name", "perme8_events.legacy_name"),
            ("X", "perme8_events.x"),
        ] {
            let event_type = event_type("perme8-events", struct_name);
            assert_eq!(event_type, expected);
            assert!(is_event_type(&event_type), "{event_type}");
        }
    }

    #[test]
    fn types_have_two_names_in_lower_snake_case() {
        for good in ["a.b", "identity.member_invited", "erm.v2_entity", "erm.entity_2"] {
            assert!(is_event_type(good), "{good}");
        }
        for bad in [
            "", ".", "a", "a.", ".b", "a.b.c", "A.b", "a.b_", "a._b", "a.b__c", "a.2b", "a-b.c",
            "a.ß", "a. b",
        ] {
            assert!(!is_event_type(bad), "{bad}");
        }
    }
}
