//! Every method of a facade, asked by everybody: the table of who may do what, as it really is.

use std::{fmt, fmt::Write as _, pin::Pin};

use crate::domain::origin::Origin;

/// Asks one method on somebody's behalf, and gives the outcome in one word.
pub type Ask<W> = for<'a> fn(&'a W, Origin) -> Pin<Box<dyn Future<Output = String> + 'a>>;

/// Somebody who asks: what they are called, and who they are in a world.
pub type Asker<W> = (&'static str, fn(&W) -> Origin);

/// A method of a facade, and of what exactly it is asked. Written by [`questions!`](crate::questions).
#[derive(Debug)]
pub struct Question<W> {
    /// What the method is called.
    pub method: &'static str,
    /// More precisely, if one row does not say everything.
    pub about: &'static str,
    /// Calls it.
    pub ask: Ask<W>,
}

/// Asks every question on everybody's behalf, and writes the outcomes as a table in Markdown, a line each.
///
/// `fresh` makes the world in which somebody asks. Whatever is done there needs a new one for the next; what is refused has to
/// leave everything as it was, so the next may ask in the same.
pub async fn matrix<W>(
    askers: &[Asker<W>],
    questions: &[Question<W>],
    mut fresh: impl AsyncFnMut() -> W,
) -> Vec<String> {
    let names: Vec<&str> = askers.iter().map(|(name, _)| *name).collect();
    let mut lines = vec![
        format!("| | {} |", names.join(" | ")),
        format!("|---{}|", "|---".repeat(names.len())),
    ];
    let mut world = fresh().await;
    for Question { method, about, ask } in questions {
        let blank = if about.is_empty() { "" } else { " " };
        let mut line = format!("| `{method}`{blank}{about} |");
        for (_, asker) in askers {
            let outcome = ask(&world, asker(&world)).await;
            write!(line, " {outcome} |").expect("a String takes everything");
            if outcome == DONE {
                world = fresh().await;
            }
        }
        lines.push(line);
    }
    lines
}

/// Two tables of the same questions as one text: all of the first, and of the second, in another state of the world, the rows that
/// differ.
#[must_use]
pub fn in_two_states(head: &str, first: &[String], between: &str, second: &[String]) -> String {
    const TITLES: usize = 2;
    let (titles, rows) = second.split_at(TITLES);
    let differs = rows.iter().filter(|row| !first.contains(row));
    let second: Vec<&str> = titles.iter().chain(differs).map(String::as_str).collect();
    format!("{head}{}\n{between}{}\n", first.join("\n"), second.join("\n"))
}

const DONE: &str = "yes";

/// The outcome in one word: `yes`, `nothing` for the answer `None`, or the variant of the error.
pub fn outcome<R: fmt::Debug, E: fmt::Debug>(result: &Result<R, E>) -> String {
    match result {
        Ok(answer) if format!("{answer:?}") == "None" => "nothing".to_owned(),
        Ok(_) => DONE.to_owned(),
        Err(error) => {
            let error = format!("{error:?}");
            error.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
        }
    }
}

/// Writes [`Question`]s; the name in a row and the method that is called cannot differ.
///
/// ```text
/// questions! {
///     world: World, origin => world.identity;
///     workspace(&origin, &world.company());
///     remove_member "the owner" (origin, RemoveMember { … });
/// }
/// ```
#[macro_export]
macro_rules! questions {
    (
        $world:ident: $World:ty, $origin:ident => $facade:expr;
        $($method:ident $($about:literal)? ($($argument:expr),* $(,)?);)+
    ) => {
        [$($crate::testing::Question::<$World> {
            method: stringify!($method),
            about: concat!($($about)?),
            ask: |$world, $origin| Box::pin(async move {
                // Not every method asks on whose behalf it is called.
                let _ = &$origin;
                $crate::testing::outcome(&$facade.$method($($argument),*).await)
            }),
        }),+]
    };
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::Id;
    use expect_test::expect;

    #[derive(Debug)]
    enum Error {
        Forbidden,
        #[expect(dead_code, reason = "the test shows that it is not shown")]
        TooBig(u8),
    }

    /// A facade that is its own world.
    struct Shop(Cell<bool>);

    #[expect(clippy::unused_async, reason = "methods of facades wait for a database")]
    impl Shop {
        async fn buy(&self, origin: Origin, amount: u8) -> Result<(), Error> {
            assert!(!self.0.replace(true), "in a fresh world nothing is sold");
            let outcome = match (origin.actor().user(), amount) {
                (None, _) => Err(Error::Forbidden),
                (_, 9) => Err(Error::TooBig(9)),
                _ => Ok(()),
            };
            self.0.set(outcome.is_ok());
            outcome
        }

        async fn find(&self) -> Result<Option<u8>, Error> {
            Ok(None)
        }
    }

    #[tokio::test]
    async fn everybody_asks_everything() {
        let askers: [Asker<Shop>; 2] = [
            ("somebody", |_| Origin::user(Id::new(uuid::Uuid::from_u128(1)))),
            ("nobody", |_| Origin::anonymous()),
        ];
        let questions = questions! {
            shop: Shop, origin => shop;
            buy(origin, 1);
            buy "too much" (origin, 9);
            find();
        };
        let lines = matrix(&askers, &questions, async || Shop(Cell::new(false))).await;
        expect![[r"
            | | somebody | nobody |
            |---|---|---|
            | `buy` | yes | Forbidden |
            | `buy` too much | TooBig | Forbidden |
            | `find` | nothing | nothing |"]]
        .assert_eq(&lines.join("\n"));
    }
}
