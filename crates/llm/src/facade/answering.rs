//! One answer, from the question to its end.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, sleep_until, timeout};

use crate::{
    application::{
        permit::Permit,
        ports::{Answer, Keeper, LanguageModel, Surroundings},
    },
    domain::{
        call::{Call, LONGEST_ANSWER},
        failure::AskFailure,
        message::Message,
        piece::PieceSignal,
        told::{Ending, Told, Usage},
    },
    facade::{alarm::Alarm, keeping::Keeping, running::Running},
};

/// No answer is longer, in bytes, whatever a provider sends.
const LONGEST_TEXT: usize = 1 << 20;

/// How often others are told, and how long they are waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Pieces are gathered so long before they go over the bus.
    pub(super) gather: Duration,
    /// So often the text so far is kept.
    pub(super) keep_every: Duration,
    /// Or when so many bytes of it are not yet.
    pub(super) much: usize,
    /// But with such a rest in between: each time all of it is written.
    pub(super) rest: Duration,
    /// So often whoever keeps it is asked whether to go on when there is nothing to keep.
    pub(super) look_every: Duration,
    /// No answer takes longer.
    pub(super) longest: Duration,
    /// Nobody who writes something down is waited for longer, each time.
    pub(super) patience: Duration,
    /// The first pause before the end is kept again, and the longest.
    pub(super) pauses: (Duration, Duration),
    /// So long that is tried when the host stops; less than a host waits for its tasks.
    pub(super) last_chance: Duration,
}

impl Pace {
    pub(super) const USUAL: Self = Self {
        gather: Duration::from_millis(50),
        keep_every: Duration::from_secs(2),
        much: 4096,
        rest: Duration::from_millis(250),
        look_every: Duration::from_secs(5),
        longest: LONGEST_ANSWER,
        patience: Duration::from_secs(10),
        pauses: (Duration::from_millis(100), Duration::from_secs(5)),
        last_chance: Duration::from_secs(3),
    };
}

/// One answer that is being written.
pub(super) struct Answering {
    /// Without what is said.
    pub(super) call: Call,
    /// None for a step of something else, which nobody is told while it is written.
    pub(super) permit: Option<Arc<Permit>>,
    pub(super) model: Arc<dyn LanguageModel>,
    pub(super) surroundings: Arc<dyn Surroundings>,
    pub(super) running: Arc<Running>,
    pub(super) pace: Pace,
}

impl Answering {
    /// Asks, passes on what comes, and keeps it.
    pub(super) async fn run(
        mut self,
        messages: impl Future<Output = Result<Vec<Message>, Ending>>,
        keeper: Box<dyn Keeper>,
    ) {
        let told = self.told(messages, keeper).await;
        // Whoever hears the end may ask again at once.
        drop(self.permit.take());
        self.running.end(told);
    }

    /// What is told until the end, which is kept.
    async fn told(
        &self,
        messages: impl Future<Output = Result<Vec<Message>, Ending>>,
        keeper: Box<dyn Keeper>,
    ) -> Told {
        let started = Instant::now();
        let mut keeping = Keeping::new(self.call.id, keeper, self.pace);
        let mut told = Told {
            text: String::new(),
            model: None,
            usage: Usage::default(),
            latency: Duration::ZERO,
            ending: Ending::Complete,
        };
        // One for the whole way: what comes between the question and the answer is not lost.
        let mut interruption = pin!(self.interruption(started + self.pace.longest));
        let mut asked = self.ask(messages, interruption.as_mut(), &mut keeping).await;
        told.ending = match &mut asked {
            Asked::Answered(answer) => {
                let text = &mut told.text;
                let ending = self.listen(&mut **answer, interruption, text, &mut keeping).await;
                (told.model, told.usage) = (Some(answer.model().clone()), answer.usage());
                // What is cut before the first word answers nobody.
                let is_nothing = ending == Ending::CutShort && text.is_empty();
                if is_nothing { Ending::Failed(AskFailure::Broken) } else { ending }
            }
            Asked::Refused(failure) => Ending::Failed(failure.clone()),
            Asked::GivenUp(_, ending) | Asked::Unasked(ending) => ending.clone(),
        };
        told.latency = started.elapsed();
        // Neither waits for the other: the request ends at once, and accounts that are away hold up nobody's text.
        let ((), is_kept) = tokio::join!(
            self.account(asked, &told.ending),
            keeping.end(&told, &*self.surroundings)
        );
        if !is_kept {
            told.ending = Ending::Failed(AskFailure::Storage);
        }
        told
    }

    /// Asks when there are words for it, unless there is a reason not to wait for them, or for the first one of the answer.
    async fn ask(
        &self,
        messages: impl Future<Output = Result<Vec<Message>, Ending>>,
        mut interruption: Pin<&mut impl Future<Output = Ending>>,
        keeping: &mut Keeping,
    ) -> Asked {
        let found = tokio::select! {
            biased;
            ending = &mut interruption => Err(ending),
            () = keeping.unwanted("") => Err(Ending::Cancelled),
            found = messages => found,
        };
        let call = match found {
            Ok(messages) => Call { messages, ..self.call.clone() },
            Err(ending) => return Asked::Unasked(ending),
        };
        let ending = tokio::select! {
            biased;
            ending = interruption => ending,
            () = keeping.unwanted("") => Ending::Cancelled,
            asked = self.model.ask(&call) => return asked.map_or_else(Asked::Refused, Asked::Answered),
        };
        Asked::GivenUp(call, ending)
    }

    /// Lets go of the answer, and whoever keep accounts hear how it ended.
    async fn account(&self, asked: Asked, ending: &Ending) {
        let accounts = async {
            match asked {
                Asked::Answered(answer) => answer.close(ending).await,
                Asked::GivenUp(call, _) => self.model.given_up(&call, ending).await,
                Asked::Refused(_) | Asked::Unasked(_) => {}
            }
        };
        if timeout(self.pace.patience, accounts).await.is_err() {
            tracing::error!(call.id = %self.call.id, "the end of an answer is not accounted for in time");
        }
    }

    async fn listen(
        &self,
        answer: &mut dyn Answer,
        mut interruption: Pin<&mut impl Future<Output = Ending>>,
        text: &mut String,
        keeping: &mut Keeping,
    ) -> Ending {
        let mut saying = Saying::new();
        let ending = loop {
            tokio::select! {
                biased;
                ending = &mut interruption => break ending,
                () = keeping.unwanted(text) => break Ending::Cancelled,
                () = saying.due(self.pace.gather) => self.say(&mut saying, text),
                piece = answer.next() => match piece {
                    Ok(Some(piece)) => {
                        let is_whole = self.hear(piece, text);
                        saying.heard();
                        if !is_whole {
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

    /// Takes a piece in, as far as an answer may be that long; says whether that is all of it.
    fn hear(&self, mut piece: String, text: &mut String) -> bool {
        if piece.contains('\0') {
            // A character that not every database takes.
            piece = piece.replace('\0', "\u{fffd}");
        }
        let heard = &piece[..piece.floor_char_boundary(LONGEST_TEXT - text.len())];
        self.running.add(heard);
        text.push_str(heard);
        heard.len() == piece.len()
    }

    /// Waits for a reason not to go on.
    async fn interruption(&self, deadline: Instant) -> Ending {
        tokio::select! {
            biased;
            () = self.running.cancelled() => Ending::Cancelled,
            () = self.surroundings.cancelled_elsewhere(self.call.id) => Ending::Cancelled,
            () = self.surroundings.stopped() => Ending::Failed(AskFailure::Interrupted),
            () = sleep_until(deadline) => Ending::Failed(AskFailure::TotalTimeout),
        }
    }

    /// Tells the person who asks what came since the last time, wherever they look on; of a step there is nothing to tell.
    fn say(&self, saying: &mut Saying, text: &str) {
        saying.since = None;
        if self.permit.is_none() {
            return;
        }
        let Call { id, user_id, .. } = self.call;
        for piece in PieceSignal::pieces(id, saying.characters, &text[saying.bytes..]) {
            saying.characters += piece.text.chars().count() as u64;
            self.surroundings.tell(user_id, &piece);
        }
        saying.bytes = text.len();
    }
}

/// What became of a question.
enum Asked {
    Answered(Box<dyn Answer>),
    /// By the model, which knows.
    Refused(AskFailure),
    /// Nobody waited for the first word.
    GivenUp(Call, Ending),
    /// Nobody waited until there were words to ask with, or there were none.
    Unasked(Ending),
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
