//! One answer, from the question to its end.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    application::ports::{Answer, Keeper, LanguageModel, Surroundings},
    domain::{
        call::Call,
        failure::AskFailure,
        piece::PieceSignal,
        told::{Ending, Told, Usage},
    },
    facade::{alarm::Alarm, keeping::Keeping, running::Running},
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
    /// So often whoever keeps it is asked whether to go on when there is nothing to keep.
    pub(super) look_every: Duration,
}

impl Pace {
    pub(super) const USUAL: Self = Self {
        gather: Duration::from_millis(50),
        keep_every: Duration::from_secs(2),
        much: 4096,
        look_every: Duration::from_secs(5),
    };
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
        match self.ask(&mut keeping).await {
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
    async fn ask(&self, keeping: &mut Keeping) -> Result<Box<dyn Answer>, Ending> {
        let ending = tokio::select! {
            biased;
            ending = self.interruption() => ending,
            () = keeping.unwanted("") => Ending::Cancelled,
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
        let mut saying = Saying::new();
        let ending = loop {
            tokio::select! {
                biased;
                ending = &mut interruption => break ending,
                () = keeping.unwanted(text) => break Ending::Cancelled,
                () = saying.due(self.pace.gather) => self.say(&mut saying, text),
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
struct Saying {
    bytes: usize,
    characters: u64,
    since: Option<Instant>,
    alarm: Alarm,
}

impl Saying {
    fn new() -> Self {
        Self { bytes: 0, characters: 0, since: None, alarm: Alarm::new() }
    }

    fn heard(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// Waits until what was gathered so long should be said; for ever, if there is nothing.
    async fn due(&mut self, gather: Duration) {
        match self.since {
            Some(since) => self.alarm.rings(since + gather).await,
            None => std::future::pending().await,
        }
    }
}
