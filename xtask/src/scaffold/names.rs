//! Names as they are typed, and the forms that they have in code.

use anyhow::{Result, bail};

use crate::boundary::events::snake_case;

/// The name of a type, `ProjectRenamed`.
pub(super) fn type_name<'a>(what: &str, name: &'a str) -> Result<&'a str> {
    let is_pascal = name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    if !is_pascal || syn::parse_str::<syn::Ident>(name).is_err() {
        bail!("`{name}` is no name of {what}: write it like `{}`", pascal_case(&field_like(name)));
    }
    Ok(name)
}

/// The name of a module or a field, `on_project_renamed`; dashes may stand for underscores.
pub(super) fn module_name(what: &str, name: &str) -> Result<String> {
    let snake = name.replace('-', "_");
    if !is_snake(&snake) || syn::parse_str::<syn::Ident>(&snake).is_err() {
        bail!(
            "`{name}` is no name of {what}: use small letters, digits and `-` or `_`, and no word of Rust"
        );
    }
    Ok(snake)
}

/// `on_project_renamed` → `OnProjectRenamed`.
pub(super) fn pascal_case(snake: &str) -> String {
    snake.split('_').map(capital).collect()
}

/// `project_renamed` → `project renamed`.
pub(super) fn words(snake: &str) -> String {
    snake.replace('_', " ")
}

/// The same with an article.
pub(super) fn with_article(words: &str) -> String {
    let article = if words.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {words}")
}

/// The same with a capital.
pub(super) fn capital(words: &str) -> String {
    let (first, rest) = words.split_at(words.chars().next().map_or(0, char::len_utf8));
    first.to_ascii_uppercase() + rest
}

/// Whether a word is the regular past of a verb: `renamed`, `archived`, `dropped`, `tidied`.
pub(super) fn is_past(verb: &str, word: &str) -> bool {
    let Some(stem) = word.strip_suffix("ed") else { return false };
    let doubled = stem.strip_suffix(|last| verb.ends_with(last));
    stem == verb
        || doubled == Some(verb)
        || verb.strip_suffix('e') == Some(stem)
        || (verb.ends_with('y') && verb.strip_suffix('y') == stem.strip_suffix('i'))
}

/// `invoice` → `invoices`.
pub(super) fn plural(word: &str) -> String {
    let is_open = |rest: &str| !rest.ends_with(['a', 'e', 'i', 'o', 'u']);
    match word.strip_suffix('y') {
        Some(rest) if is_open(rest) => format!("{rest}ies"),
        _ if word.ends_with(['s', 'x', 'z']) || word.ends_with("ch") || word.ends_with("sh") => {
            format!("{word}es")
        }
        _ => format!("{word}s"),
    }
}

/// `invoices` → `invoice`, if that is how it is made.
pub(super) fn singular(words: &str) -> Option<String> {
    let hisses = |word: &&str| ["ch", "sh", "ss", "x", "z"].iter().any(|end| word.ends_with(end));
    let word = match (words.strip_suffix("ies"), words.strip_suffix("es").filter(hisses)) {
        (Some(rest), _) => format!("{rest}y"),
        (None, Some(rest)) => rest.to_owned(),
        (None, None) => words.strip_suffix('s')?.to_owned(),
    };
    (!word.is_empty() && plural(&word) == words).then_some(word)
}

fn is_snake(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.ends_with('_')
        && !name.contains("__")
}

/// What was perhaps meant by something that is no name of a type.
fn field_like(name: &str) -> String {
    let letters: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let snake = snake_case(letters.trim_matches(|c: char| c == '_' || c.is_ascii_digit()));
    if is_snake(&snake) { snake } else { "something_happened".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_form_for_each_place() {
        assert_eq!(type_name("an event", "ProjectRenamed").unwrap(), "ProjectRenamed");
        assert_eq!(module_name("a handler", "on-user-left").unwrap(), "on_user_left");
        assert_eq!(pascal_case("on_user_left"), "OnUserLeft");
        assert_eq!(with_article(&words("api_key")), "an api key");
        assert_eq!(with_article("user"), "a user");
    }

    #[test]
    fn verbs_have_a_past() {
        for (verb, past) in
            [("rename", "renamed"), ("weigh", "weighed"), ("drop", "dropped"), ("tidy", "tidied")]
        {
            assert!(is_past(verb, past), "{past}");
        }
        for (verb, other) in [("rename", "rename"), ("weigh", "weighted"), ("drop", "dried")] {
            assert!(!is_past(verb, other), "{other}");
        }
    }

    #[test]
    fn things_are_one_or_many() {
        for (one, many) in [
            ("invoice", "invoices"),
            ("entry", "entries"),
            ("box", "boxes"),
            ("day", "days"),
            ("house", "houses"),
        ] {
            assert_eq!((plural(one).as_str(), singular(many).as_deref()), (many, Some(one)));
        }
        assert_eq!(singular("billing"), None);
        assert_eq!(singular("s"), None);
    }

    #[test]
    fn what_is_no_name_is_refused_with_one_that_is() {
        let said = |name| type_name("an event", name).unwrap_err().to_string();
        assert_eq!(
            said("project-renamed"),
            "`project-renamed` is no name of an event: write it like `ProjectRenamed`"
        );
        assert_eq!(said("1"), "`1` is no name of an event: write it like `SomethingHappened`");
        for name in ["On", "on--left", "on_", "type", ""] {
            assert!(module_name("a handler", name).is_err(), "{name}");
        }
    }
}
