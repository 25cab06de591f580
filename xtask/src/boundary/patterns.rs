//! Patterns of paths, as `boundaries.toml` writes them.

/// `*` stands for anything within one segment, `**` for any segments.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    fn segment(pattern: &str, text: &str) -> bool {
        match pattern.split_once('*') {
            None => pattern == text,
            Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
                (0..=text.len())
                    .filter(|at| text.is_char_boundary(*at))
                    .any(|at| segment(rest, &text[at..]))
            }),
        }
    }
    fn all(patterns: &[&str], segments: &[&str]) -> bool {
        match (patterns, segments) {
            ([], []) => true,
            (["**", rest @ ..], _) => {
                (0..=segments.len()).any(|skipped| all(rest, &segments[skipped..]))
            }
            ([first, rest @ ..], [next, further @ ..]) => {
                segment(first, next) && all(rest, further)
            }
            _ => false,
        }
    }
    all(&pattern.split('/').collect::<Vec<_>>(), &path.split('/').collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_segment_by_segment() {
        assert!(matches("infrastructure/*_gateway.rs", "infrastructure/mail_gateway.rs"));
        assert!(!matches("infrastructure/*_gateway.rs", "infrastructure/deep/mail_gateway.rs"));
        assert!(matches("domain/**", "domain/order.rs"));
        assert!(matches("domain/**", "domain/order/line.rs"));
        assert!(!matches("domain/**", "domain.rs"));
        assert!(matches("sqlx::query*", "sqlx::query_as"));
    }
}
