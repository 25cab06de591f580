//! A stream of server-sent events, as a browser would read it.

use std::collections::VecDeque;

use perme8_events::Position;
use reqwest::{Response, header::CONTENT_TYPE};
use serde_json::Value;

use super::{answer, wait::in_time};

/// An event as it came over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamEvent {
    /// What stood behind `id:`.
    pub position: Position,
    /// What stood behind `event:`.
    pub kind: String,
    /// What stood behind `data:`.
    pub data: Value,
}

impl StreamEvent {
    /// A field of what happened.
    #[must_use]
    pub fn fact(&self, field: &str) -> &Value {
        &self.data["data"][field]
    }
}

/// One block of the stream, up to an empty line.
#[derive(Clone, Debug, Default, PartialEq)]
struct Block {
    id: Option<Position>,
    kind: Option<String>,
    data: Option<String>,
    comment: Option<String>,
}

/// An open stream of server-sent events. Dropping it breaks the connection.
#[derive(Debug)]
pub struct EventStream {
    name: String,
    response: Response,
    unread: Vec<u8>,
    blocks: VecDeque<Block>,
    position: Position,
}

impl EventStream {
    /// The stream of an answer, of which nothing was missed.
    pub(crate) fn of_answer(name: String, response: Response) -> Self {
        answer::dressed(&name, &response);
        assert_eq!(response.status(), 200, "{name}");
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream", "{name}");
        let (unread, blocks) = (Vec::new(), VecDeque::new());
        Self { name, response, unread, blocks, position: Position::START }
    }

    /// Waits for the first sign of life.
    pub(crate) async fn open(name: String, response: Response) -> Self {
        let mut stream = Self::of_answer(name, response);
        let first = stream.block().await.expect("a stream begins with a sign of life");
        assert_eq!(first.comment.as_deref(), Some("ready"), "{}", stream.name);
        assert!(first.id.is_some(), "{}", stream.name);
        stream
    }

    /// Where to resume: the last id that was seen.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// The next event, or nothing when the stream is over.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            let Block { id: _, kind, data, comment: _ } = self.block().await?;
            if let (Some(kind), Some(data)) = (kind, data) {
                let data = serde_json::from_str(&data).expect("the data of an event are JSON");
                return Some(StreamEvent { position: self.position, kind, data });
            }
        }
    }

    /// The next event, which must come.
    pub async fn next_event(&mut self) -> StreamEvent {
        let name = self.name.clone();
        self.next().await.unwrap_or_else(|| panic!("{name} ended too early"))
    }

    /// The next event, which must be of this type.
    pub async fn expect(&mut self, kind: &str) -> StreamEvent {
        let event = self.next_event().await;
        assert_eq!(event.kind, kind, "{}: {}", self.name, event.data);
        event
    }

    /// The next event of this type, whatever comes before.
    pub async fn until(&mut self, kind: &str) -> StreamEvent {
        self.all_until(kind).await.pop().expect("the last one is of that type")
    }

    /// All events up to the next one of this type.
    pub async fn all_until(&mut self, kind: &str) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        loop {
            let event = self.next_event().await;
            let is_last = event.kind == kind;
            events.push(event);
            if is_last {
                return events;
            }
        }
    }

    /// The data of the next block without a type, as streams of the old system have them.
    pub async fn next_message(&mut self) -> Value {
        loop {
            let block = self.block().await.expect("the stream goes on");
            if let Block { kind: None, data: Some(data), .. } = block {
                return serde_json::from_str(&data).expect("messages are JSON");
            }
        }
    }

    /// The next comment, e.g. a heartbeat.
    pub async fn next_comment(&mut self) -> String {
        loop {
            let block = self.block().await.expect("a stream that is alive says so");
            if let Some(comment) = block.comment {
                return comment;
            }
        }
    }

    /// The reason given at the end of a stream, which must be what comes next.
    pub async fn end(&mut self, kind: &str) -> String {
        let last = self.expect(kind).await;
        assert_eq!(self.next().await, None, "{}", self.name);
        last.data["reason"].as_str().expect("streams end for a reason").to_owned()
    }

    async fn block(&mut self) -> Option<Block> {
        loop {
            if let Some(block) = self.blocks.pop_front() {
                self.position = block.id.unwrap_or(self.position);
                return Some(block);
            }
            let waiting = format!("more of {} behind {}", self.name, self.position);
            // A connection that the host cut is as over as one that it ended.
            let chunk = in_time(&waiting, self.response.chunk()).await.ok()??;
            self.unread.extend_from_slice(&chunk);
            self.blocks.extend(complete(&mut self.unread));
        }
    }
}

/// Takes the complete blocks out of `unread`.
fn complete(unread: &mut Vec<u8>) -> Vec<Block> {
    let mut blocks = Vec::new();
    while let Some(end) = unread.windows(2).position(|two| two == b"\n\n") {
        let block: Vec<u8> = unread.drain(..end + 2).collect();
        blocks.push(parse(str::from_utf8(&block).expect("streams are UTF-8")));
    }
    blocks
}

fn parse(text: &str) -> Block {
    let mut block = Block::default();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => block.comment = Some(value.to_owned()),
            "id" => block.id = Some(value.parse().expect("ids are positions")),
            "event" => block.kind = Some(value.to_owned()),
            "data" => {
                let data = block.data.get_or_insert_default();
                if !data.is_empty() {
                    data.push('\n');
                }
                data.push_str(value);
            }
            "retry" => assert!(value.parse::<u32>().is_ok(), "{line}"),
            other => panic!("`{other}` is no field of a stream"),
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_as_soon_as_they_are_complete() {
        let mut unread =
            b"id: 7\nretry: 2000\n: ready\n\nevent: a.b\nid: 8\ndata: {\ndata: }\n".to_vec();
        let ready = Block {
            id: Some(Position::new(7)),
            comment: Some("ready".to_owned()),
            ..Block::default()
        };
        assert_eq!(complete(&mut unread), [ready]);
        unread.extend_from_slice(b"\nid");
        let [event] = complete(&mut unread).try_into().unwrap();
        assert_eq!(
            (event.id, event.kind.as_deref(), event.data.as_deref()),
            (Some(Position::new(8)), Some("a.b"), Some("{\n}"))
        );
        assert_eq!(unread, b"id");
    }
}
