//! What the environment says; the only module here that reads it.

/// The value of a variable; an empty one counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "xtask has no configuration but its arguments and this"
    )]
    let value = std::env::var(name);
    value.ok().filter(|value| !value.is_empty())
}

/// Whether nobody watches, so that whatever would be skipped has to fail instead.
pub(crate) fn is_ci() -> bool {
    variable("CI").is_some_and(|value| !matches!(value.as_str(), "0" | "false"))
}
