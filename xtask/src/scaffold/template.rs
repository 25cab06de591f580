//! Files as they are written, but for some words: those stand as `«word»`.

/// What the words of a template are.
pub(super) type Words = Vec<(&'static str, String)>;

/// The template with its words said.
///
/// # Panics
///
/// The template has a word that is not said: a template and what fills it belong together.
pub(super) fn filled(template: &str, words: &Words) -> String {
    let mut text = String::new();
    for (index, part) in template.split('«').enumerate() {
        match part.split_once('»') {
            Some((word, rest)) if index > 0 => {
                let said = words.iter().find(|(known, _)| *known == word);
                let (_, said) = said.unwrap_or_else(|| panic!("a template asks for `{word}`"));
                text += said;
                text += rest;
            }
            _ => text += part,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_said_wherever_they_are_asked_for() {
        let words = vec![("name", "Ada".to_owned()), ("verb", "adds".to_owned())];
        assert_eq!(filled("«name» «verb»: «name» adds.", &words), "Ada adds: Ada adds.");
        assert_eq!(filled("{ nobody }", &words), "{ nobody }");
    }
}
