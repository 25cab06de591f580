//! What somebody types into a document to ask an agent: `@j <agent> <question>`.

use std::{fmt, str::FromStr};

/// How a command begins, in either case.
const CALL: &str = "@j";

/// A question to an agent, as it was typed into a document: `@j <agent> <question>` on one line.
///
/// # Examples
///
/// ```
/// use documents::{AgentCommand, AgentCommandError};
///
/// let command: AgentCommand = "@j code-review What is missing here?".parse()?;
/// assert!(command.agent.names("Code Review"));
/// assert_eq!(command.question, "What is missing here?");
/// assert_eq!("@j".parse::<AgentCommand>(), Err(AgentCommandError::MissingAgentName));
/// # Ok::<(), AgentCommandError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AgentCommand {
    /// Who is asked.
    pub agent: AgentWord,
    /// What it is asked.
    pub question: String,
}

/// By which word somebody means an agent: letters and digits, with `-` and `_` behind the first.
#[derive(Clone, PartialEq, Eq)]
pub struct AgentWord(String);

/// Why a text is no question to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgentCommandError {
    /// It does not begin with `@j` and a space, or is more than one line.
    #[error("a command is one line: @j, a space, the name of an agent, and a question")]
    InvalidFormat,
    /// Nothing follows, or more than one space.
    #[error("the name of an agent is missing: it comes after @j and one space")]
    MissingAgentName,
    /// Nothing follows the agent.
    #[error("a question is missing: it comes after the name of the agent")]
    MissingQuestion,
    /// The agent is no word that could be a name.
    #[error(
        "that is no name of an agent: it begins with a letter or a digit and has no others but - and _, with - for each space"
    )]
    InvalidAgentName,
}

impl AgentCommandError {
    /// Its stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFormat => "invalid_format",
            Self::MissingAgentName => "missing_agent_name",
            Self::MissingQuestion => "missing_question",
            Self::InvalidAgentName => "invalid_agent_name",
        }
    }
}

impl FromStr for AgentCommand {
    type Err = AgentCommandError;

    fn from_str(text: &str) -> Result<Self, AgentCommandError> {
        let text = text.trim();
        if text.contains(['\n', '\r']) {
            return Err(AgentCommandError::InvalidFormat);
        }
        let called = text.get(..CALL.len()).is_some_and(|call| call.eq_ignore_ascii_case(CALL));
        let Some(called) = text.get(CALL.len()..).filter(|_| called) else {
            return Err(AgentCommandError::InvalidFormat);
        };
        let mut letters = called.chars();
        match letters.next() {
            None => return Err(AgentCommandError::MissingAgentName),
            Some(space) if space.is_whitespace() => {}
            Some(_) => return Err(AgentCommandError::InvalidFormat),
        }
        let named = letters.as_str();
        if named.starts_with(char::is_whitespace) {
            return Err(AgentCommandError::MissingAgentName);
        }
        let (agent, question) = named.split_once(char::is_whitespace).unwrap_or((named, ""));
        let agent = agent.parse()?;
        let question = question.trim_start();
        if question.is_empty() {
            return Err(AgentCommandError::MissingQuestion);
        }
        Ok(Self { agent, question: question.to_owned() })
    }
}

impl FromStr for AgentWord {
    type Err = AgentCommandError;

    fn from_str(word: &str) -> Result<Self, AgentCommandError> {
        let is_word = word.starts_with(char::is_alphanumeric) && word.chars().all(is_of_words);
        if is_word { Ok(Self(word.to_owned())) } else { Err(AgentCommandError::InvalidAgentName) }
    }
}

impl AgentWord {
    /// Whether the agent of this name is meant: in any case, and with `-` for whatever no word can say.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        word_for(&self.0) == word_for(name)
    }
}

/// What people write is shown nowhere.
impl fmt::Debug for AgentCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentCommand").finish_non_exhaustive()
    }
}

/// What people call an agent is shown nowhere.
impl fmt::Debug for AgentWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentWord").finish_non_exhaustive()
    }
}

fn is_of_words(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_')
}

/// By which word an agent of this name is called; what no word can say is one `-` between what it can.
fn word_for(name: &str) -> String {
    let says = |letter: char| is_of_words(letter) && letter != '-';
    let words = name.split(|letter| !says(letter)).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect;

    use super::*;

    #[test]
    fn a_command_names_an_agent_and_asks_a_question() {
        let mut read = String::new();
        for text in [
            "@j bot What is it?",
            "  @J Bot-2_x   What  is it?  ",
            "@j\tbot\tWhy",
            "@j 7 @j bot no",
            "@j Übersetzer Wörter?",
            "@j bot -",
            "",
            "bot What?",
            "@",
            "@k bot What?",
            "@jbot What?",
            "j bot What?",
            "ä@j bot What?",
            "say @j bot What?",
            "@j bot What\nis it?",
            "@j\nbot What?",
            "@j bot What\ris it?",
            "@j",
            "@j ",
            "@j  bot What?",
            "@j bot",
            "@j bot  ",
            "@j -bot What?",
            "@j _bot What?",
            "@j b.o.t What?",
            "@j @bot What?",
            "@j bot, What?",
            "@j bot!",
        ] {
            let said = match text.parse::<AgentCommand>() {
                Ok(AgentCommand { agent, question }) => format!("{} ← {question}", agent.0),
                Err(error) => error.as_str().to_owned(),
            };
            writeln!(read, "{:<32} {said}", format!("{text:?}")).unwrap();
        }
        expect![[r#"
            "@j bot What is it?"             bot ← What is it?
            "  @J Bot-2_x   What  is it?  "  Bot-2_x ← What  is it?
            "@j\tbot\tWhy"                   bot ← Why
            "@j 7 @j bot no"                 7 ← @j bot no
            "@j Übersetzer Wörter?"          Übersetzer ← Wörter?
            "@j bot -"                       bot ← -
            ""                               invalid_format
            "bot What?"                      invalid_format
            "@"                              invalid_format
            "@k bot What?"                   invalid_format
            "@jbot What?"                    invalid_format
            "j bot What?"                    invalid_format
            "ä@j bot What?"                  invalid_format
            "say @j bot What?"               invalid_format
            "@j bot What\nis it?"            invalid_format
            "@j\nbot What?"                  invalid_format
            "@j bot What\ris it?"            invalid_format
            "@j"                             missing_agent_name
            "@j "                            missing_agent_name
            "@j  bot What?"                  missing_agent_name
            "@j bot"                         missing_question
            "@j bot  "                       missing_question
            "@j -bot What?"                  invalid_agent_name
            "@j _bot What?"                  invalid_agent_name
            "@j b.o.t What?"                 invalid_agent_name
            "@j @bot What?"                  invalid_agent_name
            "@j bot, What?"                  invalid_agent_name
            "@j bot!"                        invalid_agent_name
        "#]]
        .assert_eq(&read);
    }

    #[test]
    fn a_word_names_agents_in_any_case_and_with_hyphens_for_spaces() {
        let named = |word: &str, name| AgentWord(word.to_owned()).names(name);
        for (word, name) in [
            ("bot", "Bot"),
            ("BOT", "bot"),
            ("code-review", "Code Review"),
            ("code-review", "code-review"),
            ("code-review", "  Code   Review! "),
            ("code--review-", "Code Review"),
            ("dr-bot", "Dr. Bot"),
            ("my_bot", "My_Bot"),
            ("übersetzer", "ÜBERSETZER"),
        ] {
            assert!(named(word, name), "{word} {name}");
        }
        for (word, name) in
            [("bot", "bots"), ("code", "Code Review"), ("code_review", "Code Review"), ("bot", "?")]
        {
            assert!(!named(word, name), "{word} {name}");
        }
    }

    #[test]
    fn a_question_is_not_shown() {
        let command: AgentCommand = "@j bot secret".parse().unwrap();
        assert_eq!(
            format!("{command:?} {:?}", command.agent),
            "AgentCommand { .. } AgentWord { .. }"
        );
    }

    #[test]
    fn whoever_is_refused_is_told_what_to_write() {
        for error in
            ["x", "@j", "@j bot", "@j ! x"].map(|text| text.parse::<AgentCommand>().unwrap_err())
        {
            let text = error.to_string();
            assert!(text.starts_with(char::is_lowercase) && !text.ends_with('.'), "{text}");
        }
    }
}
