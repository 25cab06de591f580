//! What people do again and again: found, invite, join, and look at what they are told.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Scenario, persona::Persona};

impl Persona {
    /// Creates a workspace, and gives its slug.
    pub async fn found(&self, name: &str) -> String {
        let answer = self.post("/api/workspaces").json(json!({ "name": name })).await.is(201);
        answer.data()["slug"].as_str().expect("workspaces have slugs").to_owned()
    }

    /// The id of a workspace of this person, by which its graph is addressed.
    pub async fn graph_of(&self, slug: &str) -> String {
        let mine = self.get("/api/me/workspaces").await.is(200);
        let found = mine.list().iter().find(|workspace| workspace["slug"] == slug);
        let id = found.and_then(|workspace| workspace["id"].as_str());
        id.expect("whoever is in a workspace sees its id").to_owned()
    }

    /// Invites an address, and gives the id of the invitation.
    pub async fn invite(&self, slug: &str, email: &str, role: &str) -> String {
        let path = format!("/api/workspaces/{slug}/invitations");
        let answer = self.post(&path).json(json!({ "email": email, "role": role })).await.is(201);
        answer.data()["id"].as_str().expect("invitations have ids").to_owned()
    }

    /// Accepts the invitation into a workspace.
    pub async fn join(&self, slug: &str) {
        self.post(&format!("/api/workspaces/{slug}/invitations/accept")).await.is(200);
    }

    /// Gives a member another role.
    pub async fn set_role(&self, slug: &str, member: &str, role: &str) {
        let path = format!("/api/workspaces/{slug}/members/{member}");
        self.patch(&path).json(json!({ "role": role })).await.is(200);
    }

    /// Removes a member.
    pub async fn remove(&self, slug: &str, member: &str) {
        self.request(Method::DELETE, &format!("/api/workspaces/{slug}/members/{member}"))
            .await
            .is(204);
    }

    /// Begins a project, and gives its slug.
    pub async fn begin(&self, slug: &str, name: &str) -> String {
        let path = format!("/api/workspaces/{slug}/projects");
        let answer = self.post(&path).json(json!({ "name": name })).await.is(201);
        answer.data()["slug"].as_str().expect("projects have slugs").to_owned()
    }

    /// Creates a document, and gives its address.
    pub async fn write(&self, slug: &str, document: Value) -> String {
        let path = format!("/api/workspaces/{slug}/documents");
        let answer = self.post(&path).json(document).await.is(201);
        format!("{path}/{}", answer.data()["slug"].as_str().expect("documents have slugs"))
    }

    /// What this person was told, newest first.
    pub async fn notifications(&self) -> Vec<Value> {
        self.get("/api/notifications?limit=100").await.is(200).list().to_vec()
    }

    /// The types of it.
    pub async fn told(&self) -> Vec<String> {
        let types = self
            .notifications()
            .await
            .into_iter()
            .map(|one| one["type"].as_str().unwrap_or_default().to_owned());
        types.collect()
    }

    /// How much of it was not read.
    pub async fn unread(&self) -> u64 {
        let answer = self.get("/api/notifications/unread-count").await.is(200);
        answer.data()["unread_count"].as_u64().expect("a number")
    }
}

impl Scenario {
    /// Somebody new who was invited into a workspace and joined.
    pub async fn member(&self, inviter: &Persona, slug: &str, name: &str, role: &str) -> Persona {
        let member = self.user(name).await;
        inviter.invite(slug, member.email(), role).await;
        member.join(slug).await;
        member
    }
}
