//! Somebody who uses the host over HTTP.

use std::net::SocketAddr;

use reqwest::{Client, Method};
use serde_json::json;

use super::{
    PASSWORD, Place, answer::Answer, request::Request, socket::Socket, stream::EventStream,
};

/// Somebody who uses the host over HTTP, with an account or without.
#[derive(Clone, Debug)]
pub struct Persona {
    client: Client,
    place: Place,
    bearer: Option<String>,
    email: String,
    id: Option<String>,
}

impl Persona {
    pub(crate) fn stranger(place: Place) -> Self {
        Self::named(place, "stranger@example.com".to_owned())
    }

    /// Whoever has this address, not logged in.
    pub(crate) fn named(place: Place, email: String) -> Self {
        // Whatever proxies the machine has, the host is here.
        let client = Client::builder()
            .no_proxy()
            .cookie_store(true)
            .build()
            .expect("a client needs nothing");
        Self { client, place, bearer: None, email, id: None }
    }

    /// Whoever was just answered this log-in.
    pub(crate) fn logged_in(place: Place, email: String, answer: &Answer) -> Self {
        let bearer = answer.body()["token"].as_str().map(str::to_owned);
        let id = answer.data()["user"]["id"].as_str().map(str::to_owned);
        Self { bearer, id, ..Self::named(place, email) }
    }

    /// Logs in once more, and relies on the cookie from then on.
    pub(crate) async fn use_cookie(&mut self) {
        self.bearer = None;
        self.log_in().await.is(201);
    }

    /// Asks for a session with the right password.
    pub async fn log_in(&self) -> Answer {
        self.post("/api/sessions").json(json!({ "email": self.email, "password": PASSWORD })).await
    }

    /// The same person with another session.
    pub async fn again(&self) -> Self {
        let answer = Self::named(self.place.clone(), self.email.clone()).log_in().await.is(201);
        Self::logged_in(self.place.clone(), self.email.clone(), &answer)
    }

    /// The client of this person, with its cookies.
    pub(crate) fn browse(&self) -> &Client {
        &self.client
    }

    /// Where the host answers at this path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.place.url(path)
    }

    /// The same person, who asks the host that listens there.
    #[must_use]
    pub fn at(self, address: SocketAddr) -> Self {
        self.at_place(Place::new(address))
    }

    pub(crate) fn at_place(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// The id of the account.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_deref().expect("strangers have no account")
    }

    /// The address.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The password.
    #[must_use]
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// The token of the session.
    #[must_use]
    pub fn bearer(&self) -> &str {
        self.bearer.as_deref().expect("browsers and strangers have no token in hand")
    }

    /// The same person with this token.
    #[must_use]
    pub fn with_bearer(self, token: impl Into<String>) -> Self {
        Self { bearer: Some(token.into()), ..self }
    }

    /// Any request.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let name = format!("{method} {path}");
        let builder = self.client.request(method, self.place.url(path));
        let builder = match &self.bearer {
            Some(token) => builder.bearer_auth(token),
            None => builder,
        };
        Request::new(builder, name)
    }

    /// `GET`
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// `POST`
    pub fn post(&self, path: &str) -> Request {
        self.request(Method::POST, path)
    }

    /// `PUT`
    pub fn put(&self, path: &str) -> Request {
        self.request(Method::PUT, path)
    }

    /// `PATCH`
    pub fn patch(&self, path: &str) -> Request {
        self.request(Method::PATCH, path)
    }

    /// `DELETE`
    pub fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path)
    }

    /// Opens a socket by the token in hand.
    pub async fn socket(&self) -> Socket {
        let authorization = format!("Bearer {}", self.bearer());
        Socket::open(self.place.address(), "/api/ws", Some(&authorization)).await
    }

    /// Opens a socket by a ticket, as a browser does.
    pub async fn socket_by_ticket(&self) -> Socket {
        let ticket = self.post("/api/tickets").await.is(201);
        let ticket = ticket.data()["ticket"].as_str().expect("tickets are texts").to_owned();
        self.socket_with(&ticket).await
    }

    /// Opens a socket by this ticket.
    pub async fn socket_with(&self, ticket: &str) -> Socket {
        Socket::open(self.place.address(), &format!("/api/ws?ticket={ticket}"), None).await
    }

    /// Listens to what is meant for this person, from now on.
    pub async fn stream(&self) -> EventStream {
        self.get("/api/me/events/stream").stream().await
    }

    /// Listens to what this person may see of a workspace, from now on.
    pub async fn stream_of(&self, slug: &str) -> EventStream {
        self.get(&format!("/api/workspaces/{slug}/events/stream")).stream().await
    }
}
