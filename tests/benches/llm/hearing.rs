//! Clients: of the host, whose agents answer, and of the provider itself. Both read server-sent events in the same way.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context as _, bail, ensure};
use llm::testing::ProviderServer;
use reqwest::{Client, RequestBuilder, Response};
use scenarios::Way;
use serde_json::{Value, json};

use crate::host::Opened;

/// What the model says, again and again.
pub(crate) const WORD: &str = "word ";

/// What everybody asks.
const QUESTION: &str = "Say many words.";

/// Where answers are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Relayed,
    Direct,
}

/// A way to the answers of the provider, for as many as want to hear one.
#[derive(Clone, Debug)]
pub(crate) struct Ears {
    kind: Kind,
    client: Client,
    doors: Arc<Vec<Door>>,
}

/// Where one asks, as whom, and how.
#[derive(Debug)]
struct Door {
    url: String,
    token: Option<String>,
    question: Value,
}

impl Ears {
    /// At the provider.
    pub(crate) fn direct(server: &ProviderServer) -> anyhow::Result<Self> {
        let url = format!("{}/chat/completions", server.url());
        let messages = json!([{ "role": "user", "content": QUESTION }]);
        let question = json!({ "model": "scripted", "stream": true, "messages": messages });
        let doors = Arc::new(vec![Door { url, token: None, question }]);
        Ok(Self { kind: Kind::Direct, client: client()?, doors })
    }

    /// At the host, where each of these people has an agent.
    pub(crate) async fn relayed(opened: &Opened) -> anyhow::Result<Self> {
        let Opened { address, tokens } = opened;
        let client = client()?;
        let mut doors = Vec::new();
        for token in tokens {
            let url = agent(&client, *address, token).await?;
            let question = json!({ "question": QUESTION });
            doors.push(Door { url, token: Some(token.clone()), question });
        }
        Ok(Self { kind: Kind::Relayed, client, doors: Arc::new(doors) })
    }

    /// Asks, as the client of this number.
    pub(crate) async fn ask(&self, client: usize) -> anyhow::Result<Hearing> {
        let Door { url, token, question } = &self.doors[client % self.doors.len()];
        let request = bearing(self.client.post(url), token.as_deref());
        let request = request.header("accept", "text/event-stream").json(question);
        let response = request.send().await?.error_for_status()?;
        Ok(Hearing { kind: self.kind, response, unread: Vec::new() })
    }
}

impl Way for Ears {
    /// A whole answer; every word counts.
    async fn once(&self, task: u32) -> anyhow::Result<u32> {
        let (mut hearing, mut words) = (self.ask(task as usize).await?, 0);
        while let Some(text) = hearing.next().await? {
            words += text.matches(WORD).count();
        }
        ensure!(words > 0, "an answer says nothing");
        Ok(u32::try_from(words)?)
    }
}

fn client() -> reqwest::Result<Client> {
    // Whatever proxies the machine has, everything is here.
    Client::builder().no_proxy().build()
}

fn bearing(request: RequestBuilder, token: Option<&str>) -> RequestBuilder {
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

/// Makes an agent, and tells where it is asked.
async fn agent(client: &Client, address: SocketAddr, token: &str) -> anyhow::Result<String> {
    let url = format!("http://{address}/api/agents");
    let request = bearing(client.post(&url), Some(token)).json(&json!({ "name": "Scribe" }));
    let made: Value = request.send().await?.error_for_status()?.json().await?;
    let id = made["data"]["id"].as_str().context("agents have ids")?;
    Ok(format!("{url}/{id}/query"))
}

/// An answer that somebody hears.
pub(crate) struct Hearing {
    kind: Kind,
    response: Response,
    unread: Vec<u8>,
}

/// What a block of a stream says.
enum Said {
    Text(String),
    Nothing,
    End,
}

impl Hearing {
    /// What is said next, one token or several; nothing when that was all.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<String>> {
        loop {
            let block = self.block().await?;
            match self.said(&block)? {
                Said::Text(text) => return Ok(Some(text)),
                Said::Nothing => {}
                Said::End => {
                    // To its very end, so that the connection serves again.
                    while self.response.chunk().await?.is_some() {}
                    return Ok(None);
                }
            }
        }
    }

    /// The next block of the stream.
    async fn block(&mut self) -> anyhow::Result<String> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|two| two == b"\n\n") {
                return Ok(String::from_utf8(self.unread.drain(..end + 2).collect())?);
            }
            let more = self.response.chunk().await?.context("an answer breaks off")?;
            self.unread.extend_from_slice(&more);
        }
    }

    fn said(&self, block: &str) -> anyhow::Result<Said> {
        let field = |name: &str| {
            let mut values = block.lines().filter_map(|line| line.strip_prefix(name));
            values.next().map(str::trim_start)
        };
        let Some(data) = field("data:") else { return Ok(Said::Nothing) };
        let text = match (self.kind, field("event:")) {
            (Kind::Relayed, Some("chunk")) => {
                serde_json::from_str::<Value>(data)?["text"].as_str().map(str::to_owned)
            }
            (Kind::Relayed, Some("started")) => None,
            (Kind::Relayed, Some("done")) => return Ok(Said::End),
            (Kind::Direct, _) if data == "[DONE]" => return Ok(Said::End),
            (Kind::Direct, _) => {
                let frame: Value = serde_json::from_str(data)?;
                frame["choices"][0]["delta"]["content"].as_str().map(str::to_owned)
            }
            (Kind::Relayed, _) => bail!("an answer ends too early: {block}"),
        };
        Ok(text.filter(|text| !text.is_empty()).map_or(Said::Nothing, Said::Text))
    }
}
