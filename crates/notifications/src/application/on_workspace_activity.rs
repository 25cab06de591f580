//! What happens in a workspace becomes news for those who may know.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use identity::Role;
use perme8_events::{
    Envelope, EventHandler, HandlerError, Save, StorageError, Subscriber, Subscription, UserId,
    WorkspaceId,
};

use crate::{
    application::{
        announcement::{Announcement, Circle, Page},
        ports::{
            Accesses, Digests, Directory, DocumentDirectory, Inboxes, People, SentInvitation,
            Wishes, WorkspaceNames,
        },
        registry::{self, Entry, Recipients},
        tell::tell,
    },
    domain::{
        content::Content,
        notification::{Notification, Source},
        occasion::{Person, Place},
    },
};

/// Tells the members of a workspace what concerns them, one notification each, but never whoever did it.
///
/// Hears, of identity, [`MemberJoined`](identity::MemberJoined), [`MemberLeft`](identity::MemberLeft),
/// [`MemberRemoved`](identity::MemberRemoved), [`MemberRoleChanged`](identity::MemberRoleChanged),
/// [`OwnershipTransferred`](identity::OwnershipTransferred), [`InvitationDeclined`](identity::InvitationDeclined),
/// [`InvitationRevoked`](identity::InvitationRevoked), [`InvitationExpired`](identity::InvitationExpired),
/// [`WorkspaceArchived`](identity::WorkspaceArchived), [`WorkspaceRestored`](identity::WorkspaceRestored) and
/// [`WorkspaceDeleted`](identity::WorkspaceDeleted); of projects, [`ProjectCreated`](projects::ProjectCreated),
/// [`ProjectUpdated`](projects::ProjectUpdated), [`ProjectArchived`](projects::ProjectArchived),
/// [`ProjectRestored`](projects::ProjectRestored) and [`ProjectDeleted`](projects::ProjectDeleted); of documents,
/// [`DocumentCreated`](documents::DocumentCreated), [`DocumentTitleChanged`](documents::DocumentTitleChanged) and
/// [`DocumentDeleted`](documents::DocumentDeleted). What it leaves, [`Announcer`](crate::Announcer) tells. Each
/// notification emits [`NotificationCreated`](crate::NotificationCreated).
#[derive(Debug, Clone)]
pub struct OnWorkspaceActivity {
    directory: Arc<dyn Directory>,
    documents: Arc<dyn DocumentDirectory>,
}

/// What to tell whom, as found out before the transaction.
#[derive(Debug)]
pub struct News(Option<Told>);

#[derive(Debug)]
struct Told {
    content: Content,
    people: BTreeSet<UserId>,
    /// What is left to jobs, because it would be too much for one transaction.
    rest: Option<Announcement>,
}

impl OnWorkspaceActivity {
    /// Asks `directory` who is who, and `documents` who may see them.
    #[must_use]
    pub fn new(directory: Arc<dyn Directory>, documents: Arc<dyn DocumentDirectory>) -> Self {
        Self { directory, documents }
    }

    /// Of those who could see a document when something happened to it, those who can see it today; nobody when it is gone or in
    /// the trash.
    async fn entitled(&self, entry: Entry) -> Result<Option<Entry>, StorageError> {
        let Recipients::Readers(document) = entry.recipients else { return Ok(Some(entry)) };
        let found = self.documents.documents(&[document]).await?.into_iter().next();
        Ok(found.map(|document| {
            if document.is_public {
                return entry;
            }
            let (subject, recipients) = (Some(document.owner_id), Recipients::Subject);
            Entry { subject, recipients, ..entry }
        }))
    }

    /// Those who are told by their names, besides a circle or instead of one.
    async fn named(
        &self,
        entry: &Entry,
        sent: Option<&SentInvitation>,
    ) -> Result<BTreeSet<UserId>, StorageError> {
        let Entry { workspace_id, subject, recipients, .. } = entry;
        let (workspace, inviter) = (*workspace_id, sent.map(|sent| sent.sender));
        let one = match recipients {
            Recipients::Members | Recipients::Managers | Recipients::Readers(_) => None,
            Recipients::ManagersAndInviter(_) => {
                self.at_least(Role::Guest, inviter, workspace).await?
            }
            Recipients::Inviter(_) => self.at_least(Role::Admin, inviter, workspace).await?,
            Recipients::Subject => self.at_least(Role::Guest, *subject, workspace).await?,
            Recipients::FormerMember => *subject,
            Recipients::FormerManagers(managers) => return Ok(managers.iter().copied().collect()),
        };
        Ok(one.into_iter().collect())
    }

    /// The person, if still in the workspace, as this or more.
    async fn at_least(
        &self,
        role: Role,
        person: Option<UserId>,
        workspace: WorkspaceId,
    ) -> Result<Option<UserId>, StorageError> {
        let Some(person) = person else { return Ok(None) };
        let has = self.directory.role_of(person, workspace).await?;
        Ok(has.filter(|has| *has >= role).map(|_| person))
    }

    /// Of whom the words speak.
    async fn person(
        &self,
        entry: &Entry,
        sent: Option<SentInvitation>,
        actor: Option<UserId>,
    ) -> Result<Person, StorageError> {
        match (&entry.recipients, entry.subject) {
            // Who sent it knows an address, and does not learn by an answer whose it is.
            (Recipients::Inviter(_), _) => {
                Ok(Person { id: None, name: sent.map(|sent| sent.email) })
            }
            // Of a workspace that is gone, who did it.
            (Recipients::FormerManagers(_), _) => {
                let name = match actor {
                    Some(actor) => self.directory.person_name(actor).await?,
                    None => None,
                };
                Ok(Person { id: None, name })
            }
            (_, Some(subject)) => {
                Ok(Person { id: Some(subject), name: self.directory.person_name(subject).await? })
            }
            (_, None) => Ok(Person::default()),
        }
    }

    async fn told(&self, event: &Envelope) -> Result<Option<Told>, HandlerError> {
        let Some(entry) = registry::entry(event)? else { return Ok(None) };
        let Some(entry) = self.entitled(entry).await? else { return Ok(None) };
        let Entry { workspace_id, subject, occasion, ref recipients, .. } = entry;
        // Nobody is told of the own act; nor is a newcomer, who may manage already, told of the arrival.
        let not_meant = subject.filter(|_| !recipients.include_subject());
        let left_out = [event.actor.user(), event.on_behalf_of, not_meant];
        let left_out: BTreeSet<_> = left_out.into_iter().flatten().collect();
        let sent = match recipients.invitation() {
            Some(invitation) => self.directory.invitation(invitation).await?,
            None => None,
        };
        let mut people = self.named(&entry, sent.as_ref()).await?;
        people.retain(|person| !left_out.contains(person));
        let mut rest = None;
        if let Some(at_least) = recipients.circle() {
            let document_id = recipients.document();
            let circle = Circle { workspace_id, at_least, left_out, document_id };
            let Page { people: first, end } = circle.page(&*self.directory, None).await?;
            people.extend(first);
            rest = end.map(|after| (circle, after));
        }
        if people.is_empty() && rest.is_none() {
            return Ok(None);
        }
        let names = match entry.was_called.clone() {
            Some(names) => Some(names),
            None => self.directory.workspace(workspace_id).await?,
        };
        let Some(WorkspaceNames { name, slug }) = names else { return Ok(None) };
        let (project, document) = (entry.project.clone(), entry.document.clone());
        let place = Place { id: workspace_id, name, slug, project, document };
        let person = self.person(&entry, sent, event.actor.user()).await?;
        let content = occasion.content(&place, &person).map_err(HandlerError::permanent)?;
        let rest = rest.map(|(circle, after)| {
            let (content, source) = (content.clone(), Source::of(event));
            Announcement { content, source, circle, after }
        });
        Ok(Some(Told { content, people, rest }))
    }
}

impl Subscriber for OnWorkspaceActivity {
    fn name(&self) -> &'static str {
        "notifications.on_workspace_activity"
    }

    fn subscriptions(&self) -> &[Subscription] {
        registry::SUBSCRIPTIONS
    }

    fn partition_key(&self, event: &Envelope) -> String {
        event
            .workspace_id
            .map_or_else(|| event.aggregate_id.clone(), |workspace| workspace.to_string())
    }
}

#[async_trait]
impl<T: Inboxes + People + Accesses + Wishes + Digests + Save<Notification>> EventHandler<T>
    for OnWorkspaceActivity
{
    type Facts = News;

    async fn gather(&self, event: &Envelope) -> Result<News, HandlerError> {
        Ok(News(self.told(event).await?))
    }

    async fn handle(&self, tx: &mut T, event: &Envelope, facts: News) -> Result<(), HandlerError> {
        let Some(Told { content, people, rest }) = facts.0 else { return Ok(()) };
        tell(tx, &people, &content, Source::of(event)).await?;
        if let Some(rest) = rest {
            tx.enqueue(rest.job());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
