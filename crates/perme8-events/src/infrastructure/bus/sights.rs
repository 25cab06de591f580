//! For whom events still are: asked once for all who follow them, and again after each event about such things.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use tokio::sync::OnceCell;

use crate::{
    application::rights::{StillFor, Visibility},
    domain::{envelope::Envelope, error::StorageError, id::UserId, topic::Topic},
    infrastructure::bus::{
        bells::{Bell, Bells, Hung},
        rights::FRESH,
    },
};

/// So many answers are kept.
const MOST: usize = 10_000;

/// Answers from memory as long as nothing has happened that they are about, as [`Rights`](super::rights::Rights) does.
pub(crate) struct Sights {
    visibility: Arc<dyn Visibility>,
    bell: Arc<Bell>,
    _hung: Hung,
    answers: Mutex<Answers>,
}

/// By type of event and aggregate, each filled by the first who asks, while the others wait.
struct Answers {
    of: HashMap<(String, String), Arc<OnceCell<StillFor>>>,
    since: Instant,
}

impl Answers {
    fn none() -> Self {
        Self { of: HashMap::new(), since: Instant::now() }
    }
}

impl Sights {
    pub(crate) fn new(visibility: Arc<dyn Visibility>, bells: &Arc<Bells>) -> Self {
        let concerned = Arc::clone(&visibility);
        let bell = Arc::new(Bell::of(move |event| concerned.concerns(event)));
        let hung = Hung::new(bells, Topic::All, &bell);
        Self { visibility, bell, _hung: hung, answers: Mutex::new(Answers::none()) }
    }

    /// Whether an event still is for somebody whose standing allows it.
    pub(crate) async fn show(&self, event: &Envelope, user: UserId) -> Result<bool, StorageError> {
        if !self.visibility.withholds(event) {
            return Ok(true);
        }
        let answer = self.answer(event);
        let answer = answer.get_or_try_init(|| self.visibility.still_for(event)).await?;
        Ok(answer.includes(user))
    }

    fn answer(&self, event: &Envelope) -> Arc<OnceCell<StillFor>> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = answers.since.elapsed() > FRESH || answers.of.len() >= MOST;
        if self.bell.take().is_some() || is_old {
            *answers = Answers::none();
        }
        let about = (event.event_type.clone(), event.aggregate_id.clone());
        Arc::clone(answers.of.entry(about).or_default())
    }
}

impl fmt::Debug for Sights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sights").field("visibility", &self.visibility).finish_non_exhaustive()
    }
}
