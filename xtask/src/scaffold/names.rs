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
    let capital = |word: &str| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_ascii_uppercase() + rest
    };
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
