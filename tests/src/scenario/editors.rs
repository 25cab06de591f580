//! Stock editors of Yjs, which edit documents of the host as browsers would.

use documents::StockEditors;
use serde_json::{Value, json};

use super::{persona::Persona, wait::eventually};

/// Editors under Node, each with a note of its own that it may keep while it is not connected.
#[derive(Debug)]
pub struct Editors(StockEditors);

impl Editors {
    /// Starts them, or says loudly that the test is left out.
    #[must_use]
    pub fn start() -> Option<Self> {
        StockEditors::start().map(Self)
    }

    /// Connects an editor to a document, by the token of this person, and waits until both have what the other has.
    pub async fn open(&mut self, editor: &str, person: &Persona, document: &str) {
        self.dial(editor, person, document);
        self.is_synced(editor).await;
    }

    /// Connects an editor to a document, whatever comes of it.
    pub fn dial(&mut self, editor: &str, person: &Persona, document: &str) {
        let authorization = format!("Bearer {}", person.bearer());
        let headers = json!({ "authorization": authorization });
        self.connect(editor, person, document, json!({ "headers": headers }));
    }

    /// The same as a browser does it, by a ticket.
    pub async fn open_by_ticket(&mut self, editor: &str, person: &Persona, document: &str) {
        let ticket = person.post("/api/tickets").await.is(201);
        let params = json!({ "ticket": ticket.data()["ticket"] });
        self.connect(editor, person, document, json!({ "params": params }));
        self.is_synced(editor).await;
    }

    fn connect(&mut self, editor: &str, person: &Persona, document: &str, mut how: Value) {
        how["server"] = json!(person.url(document).replacen("http", "ws", 1));
        how["room"] = json!("sync");
        self.0.ask(editor, "connect", how);
    }

    /// Hangs up; what is written from now on waits.
    pub fn hang_up(&mut self, editor: &str) {
        self.0.ask(editor, "disconnect", json!({}));
    }

    /// Types at the end of a block.
    pub fn type_into(&mut self, editor: &str, block: u32, text: &str) {
        self.0.ask(editor, "type", json!({ "block": block, "text": text }));
    }

    /// Begins a paragraph at the end.
    pub fn append(&mut self, editor: &str, text: &str) {
        self.0.ask(editor, "append", json!({ "text": text }));
    }

    /// Sends bytes that no editor of good will would send, in hexadecimal digits.
    pub fn say(&mut self, editor: &str, frame: &str) {
        self.0.ask(editor, "say", json!({ "frame": frame }));
    }

    /// Sends a text, where the stock clients send bytes.
    pub fn say_text(&mut self, editor: &str, text: &str) {
        self.0.ask(editor, "say", json!({ "text": text }));
    }

    /// Shows something of itself to those who are there.
    pub fn show(&mut self, editor: &str, state: &Value) {
        self.0.ask(editor, "show", json!({ "state": state }));
    }

    /// The text of each block, as the editor has it now.
    pub fn lines(&mut self, editor: &str) -> Vec<String> {
        let lines = self.0.ask(editor, "lines", json!({}));
        serde_json::from_value(lines).expect("lines are texts")
    }

    /// Everything that an editor was sent and has written, as one update of Yjs in hexadecimal digits.
    pub fn update(&mut self, editor: &str) -> String {
        let update = self.0.ask(editor, "update", json!({}));
        update.as_str().expect("updates are texts").to_owned()
    }

    /// The tree, as the editor has it now.
    pub fn xml(&mut self, editor: &str) -> String {
        serde_json::from_value(self.0.ask(editor, "xml", json!({}))).expect("XML is a text")
    }

    /// Waits until the editor says this.
    pub async fn reads(&mut self, editor: &str, lines: &[&str]) {
        let what = format!("{editor} reads {lines:?}");
        eventually(&what, async || self.lines(editor) == lines).await;
    }

    /// Waits until the others who are there are these people, each with a cursor.
    pub async fn sees_people(&mut self, editor: &str, people: &[(&str, u32)]) {
        let people: Vec<Value> =
            people.iter().map(|(name, cursor)| json!([name, cursor])).collect();
        let what = format!("{editor} sees {people:?}");
        eventually(&what, async || {
            let states = self.0.ask(editor, "others", json!({}));
            let states = states.as_array().expect("states are a list").iter();
            states.map(|state| json!([state["user"]["name"], state["cursor"]])).eq(people.clone())
        })
        .await;
    }

    /// Waits until the host has refused something, and gives why.
    pub async fn denial(&mut self, editor: &str) -> String {
        let denial = self.await_status(editor, "is refused something", "/denials/0").await;
        denial.as_str().expect("reasons are texts").to_owned()
    }

    /// Waits until the host has ended a connection of this editor, and gives code and reason of the first end.
    pub async fn end(&mut self, editor: &str) -> (u64, String) {
        let end = self.await_status(editor, "is hung up on", "/ends/0").await;
        let reason = end["reason"].as_str().expect("reasons are texts").to_owned();
        (end["code"].as_u64().expect("codes are numbers"), reason)
    }

    /// When the editor last heard anything, in milliseconds since 1970.
    pub fn heard_at(&mut self, editor: &str) -> i64 {
        self.status(editor)["heardAt"].as_i64().expect("times are numbers")
    }

    async fn is_synced(&mut self, editor: &str) {
        let what = format!("{editor} has what the host has");
        eventually(&what, async || self.status(editor)["synced"] == true).await;
    }

    async fn await_status(&mut self, editor: &str, what: &str, pointer: &str) -> Value {
        let found = async || self.status(editor).pointer(pointer).is_some();
        eventually(&format!("{editor} {what}"), found).await;
        self.status(editor).pointer(pointer).expect("it was there").clone()
    }

    fn status(&mut self, editor: &str) -> Value {
        self.0.ask(editor, "status", json!({}))
    }
}
