//! One answer, from the question to its end.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::time::{Instant, Sleep};

use crate::{
    application::ports::{Answer, Keeper, LanguageModel, Surroundings},
    domain::{
        call::Call,
        failure::AskFailure,
        piece::PieceSignal,
        told::{Ending, Told, Usage},
    },
    facade::{keeping::Keeping, running::Running},
};

/// No answer is longer, in bytes, whatever a provider sends.
const LONGEST_TEXT: usize = 1 << 20;

/// How often others are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Pieces are gathered so long before they go over the bus.
    pub(super) gather: Duration,
    /// So often the text so far is kept.
    pub(super) keep_every: Duration,
    /// Or when so many bytes of it are not yet.
    pub(super) much: usize,
}

impl Pace {
    pub(super) const USUAL: Self =
        Self { gather: Duration::from_millis(50), keep_every: Duration::from_secs(2), much: 4096 };
}

/// One answer that is being written.
pub(super) struct Answering {
    pub(super) call: Call,
    pub(super) model: Arc<dyn LanguageModel>,
    pub(super) surroundings: Arc<dyn Surroundings>,
    pub(super) running: Arc<Running>,
    pub(super) pace: Pace,
}

impl Answering {
    /// Asks, passes on what comes, and keeps it.
    pub(super) async fn run(self, keeper: Box<dyn Keeper>) {
        let started = Instant::now();
        let mut keeping = Keeping::new(self.call.id, keeper, self.pace);
        let mut told = Told {
            text: String::new(),
            model: None,
            usage: Usage::default(),
            latency: Duration::ZERO,
            ending: Ending::Complete,
        };
        match self.ask().await {
            Ok(mut answer) => {
                told.ending = self.listen(&mut *answer, &mut told.text, &mut keeping).await;
                told.model = Some(answer.model().clone());
                told.usage = answer.usage();
                answer.close(&told.ending).await;
            }
            Err(ending) => told.ending = ending,
        }
        told.latency = started.elapsed();
        let is_anothers = told.ending == Ending::Failed(AskFailure::AlreadyAsked);
        if !is_anothers && !keeping.end(&told, &*self.surroundings).await {
            told.ending = Ending::Failed(AskFailure::Storage);
        }
        self.running.end(told);
    }

    /// Asks, unless there is a reason not to wait for the first word.
    async fn ask(&self) -> Result<Box<dyn Answer>, Ending> {
        let ending = tokio::select! {
            biased;
            ending = self.interruption() => ending,
            answer = self.model.ask(&self.call) => return answer.map_err(Ending::Failed),
        };
        self.model.given_up(&self.call, &ending).await;
        Err(ending)
    }

    async fn listen(
        &self,
        answer: &mut dyn Answer,
        text: &mut String,
        keeping: &mut Keeping,
    ) -> Ending {
        let mut interruption = pin!(self.interruption());
        let mut saying = Saying::default();
        let mut alarm = pin!(tokio::time::sleep(Duration::ZERO));
        let ending = loop {
            let due = [saying.due(self.pace), keeping.due(text)].into_iter().flatten().min();
            set(alarm.as_mut(), due);
            tokio::select! {
                biased;
                ending = &mut interruption => break ending,
                () = keeping.done() => {}
                () = &mut alarm, if due.is_some() => {
                    let now = Instant::now();
                    if saying.due(self.pace).is_some_and(|due| due <= now) {
                        self.say(&mut saying, text);
                    }
                    if keeping.due(text).is_some_and(|due| due <= now) {
                        keeping.begin(text);
                    }
                }
                piece = answer.next() => match piece {
                    Ok(Some(piece)) => {
                        self.running.add(&piece);
                        saying.heard();
                        text.push_str(&piece);
                        if text.len() > LONGEST_TEXT {
                            break Ending::CutShort;
                        }
                    }
                    Ok(None) if answer.is_cut_short() => break Ending::CutShort,
                    Ok(None) => break Ending::Complete,
                    Err(failure) => break Ending::Failed(failure),
                },
            }
        };
        self.say(&mut saying, text);
        ending
    }

    /// Waits for a reason not to go on.
    async fn interruption(&self) -> Ending {
        tokio::select! {
            biased;
            () = self.running.cancelled() => Ending::Cancelled,
            () = self.surroundings.cancelled_elsewhere(self.call.id) => Ending::Cancelled,
            () = self.surroundings.stopped() => Ending::Failed(AskFailure::Interrupted),
        }
    }

    /// Tells the person who asks what came since the last time, wherever they look on.
    fn say(&self, saying: &mut Saying, text: &str) {
        let Call { id, user_id, .. } = self.call;
        for piece in PieceSignal::pieces(id, saying.characters, &text[saying.bytes..]) {
            saying.characters += piece.text.chars().count() as u64;
            self.surroundings.tell(user_id, &piece);
        }
        (saying.bytes, saying.since) = (text.len(), None);
    }
}

/// How much was said over the bus, and since when something was not.
#[derive(Default)]
struct Saying {
    bytes: usize,
    characters: u64,
    since: Option<Instant>,
}

impl Saying {
    fn heard(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    fn due(&self, pace: Pace) -> Option<Instant> {
        self.since.map(|since| since + pace.gather)
    }
}

/// Sets the alarm, unless it is set so already: that costs a lock of the timers.
fn set(alarm: std::pin::Pin<&mut Sleep>, due: Option<Instant>) {
    if let Some(due) = due
        && alarm.deadline() != due
    {
        alarm.reset(due);
    }
}
