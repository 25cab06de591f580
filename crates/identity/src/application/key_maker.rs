//! Who makes and changes API keys, how far that goes, and where keys reach.

use perme8_events::{Actor, Load, StorageError, WorkspaceId};

use crate::{
    application::{
        acting::acting_confirmed_user,
        create_api_key::CreateApiKeyError,
        fresh_session::is_fresh,
        ports::{ApiKeys, Sessions, Users, Workspaces},
        revoke_api_key::RevokeApiKeyError,
        rotate_api_key::RotateApiKeyError,
        update_api_key::UpdateApiKeyError,
    },
    domain::{
        api_key::{ApiKey, Extent, MAX_WORKSPACES},
        fields::{FieldErrors, Problem},
        references::{ApiKeyId, SessionId, WorkspaceRef},
        user::User,
    },
};

/// The person who acts, and the key that limits that.
#[derive(Debug)]
pub(crate) struct KeyMaker {
    pub(crate) owner: User,
    pub(crate) limits: Option<ApiKey>,
}

/// Why nobody makes or changes a key.
#[derive(Debug)]
pub(crate) enum NotMaker {
    /// No person with a confirmed account acts, or a key that may not.
    Forbidden,
    /// The log-in was too long ago.
    NotFresh,
    /// The storage failed.
    Storage(StorageError),
}

impl From<StorageError> for NotMaker {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl KeyMaker {
    /// Whoever acts: a person, or a key that may deal with keys. All that do so for one person take turns, so that the key is
    /// not revoked or narrowed in the meantime.
    pub(crate) async fn acting<T: Users + ApiKeys>(tx: &mut T) -> Result<Self, NotMaker> {
        let owner = acting_confirmed_user(tx).await?.ok_or(NotMaker::Forbidden)?;
        tx.wait_for_keys(owner.id).await?;
        let limits = match tx.origin().actor() {
            Actor::ApiKey { id, .. } => Some(ApiKeyId::new(*id)),
            Actor::User(_) | Actor::Agent(_) | Actor::System(_) | Actor::Anonymous => None,
        };
        let limits = match limits {
            Some(id) => {
                let now = tx.now();
                let key = Load::<ApiKey>::load(tx, id).await?;
                let key = key.filter(|key| key.user_id == owner.id && key.deals_with_keys(now));
                Some(key.ok_or(NotMaker::Forbidden)?)
            }
            None => None,
        };
        Ok(Self { owner, limits })
    }

    /// The same, but a person has shown in this session, a moment ago, who they are.
    pub(crate) async fn acting_in<T: Users + ApiKeys + Sessions>(
        tx: &mut T,
        session: Option<SessionId>,
    ) -> Result<Self, NotMaker> {
        let maker = Self::acting(tx).await?;
        let is_proven = match (&maker.limits, session) {
            (Some(_), _) => true,
            (None, Some(session)) => is_fresh(tx, session, maker.owner.id).await?,
            (None, None) => false,
        };
        if is_proven { Ok(maker) } else { Err(NotMaker::NotFresh) }
    }

    /// A key of the owner that whoever acts may deal with: a key deals with none that has more than itself.
    pub(crate) async fn managed<T: ApiKeys>(
        &self,
        tx: &mut T,
        id: ApiKeyId,
    ) -> Result<ApiKey, NotManaged> {
        let key = Load::<ApiKey>::load(tx, id).await.map_err(NotManaged::Storage)?;
        let key = key.ok_or(NotManaged::Missing)?;
        if key.user_id != self.owner.id {
            Err(NotManaged::OfAnother)
        } else if !self.may_give(key.extent()) {
            Err(NotManaged::TooWide)
        } else {
            Ok(key)
        }
    }

    /// Whether the one who acts may have such a key: a key gives no more than it has.
    pub(crate) fn may_give(&self, extent: Extent<'_>) -> bool {
        self.limits.as_ref().is_none_or(|limits| extent.is_within(limits.extent()))
    }

    /// The workspaces of these slugs, in this order and each of them once; the owner belongs to all, and stays until this
    /// transaction ends.
    ///
    /// What the key that acts does not reach is as strange to it as what does not exist: so it tells nobody where its owner
    /// belongs.
    pub(crate) async fn reached<T: Workspaces>(
        &self,
        tx: &mut T,
        slugs: &[String],
    ) -> Result<Vec<WorkspaceId>, OutOfReach> {
        if slugs.len() > MAX_WORKSPACES {
            let problem = Problem::TooMany { max: MAX_WORKSPACES };
            return Err(OutOfReach::Invalid(FieldErrors::of("workspace_access", problem)));
        }
        let mut reached = Vec::new();
        for slug in slugs {
            let workspace = WorkspaceRef::Slug(slug.clone());
            let standing = tx.standing(self.owner.id, &workspace).await;
            let (workspace, _) =
                standing.map_err(OutOfReach::Storage)?.ok_or(OutOfReach::Stranger)?;
            if !self.reaches(workspace.id) {
                return Err(OutOfReach::Stranger);
            }
            if !reached.contains(&workspace.id) {
                reached.push(workspace.id);
            }
        }
        Ok(reached)
    }

    fn reaches(&self, workspace: WorkspaceId) -> bool {
        self.limits.as_ref().is_none_or(|limits| limits.workspaces.contains(&workspace))
    }
}

macro_rules! from_not_maker {
    ($($Error:ident: $not_fresh:ident),+ $(,)?) => {$(
        impl From<NotMaker> for $Error {
            fn from(reason: NotMaker) -> Self {
                match reason {
                    NotMaker::Forbidden => Self::Forbidden,
                    NotMaker::NotFresh => Self::$not_fresh,
                    NotMaker::Storage(error) => Self::Storage(error),
                }
            }
        }
    )+};
}

// Who only takes rights away need not show anything, so nothing is too long ago.
from_not_maker!(
    CreateApiKeyError: NotFresh,
    RevokeApiKeyError: Forbidden,
    RotateApiKeyError: NotFresh,
    UpdateApiKeyError: NotFresh,
);

/// Why a key is not dealt with.
#[derive(Debug)]
pub(crate) enum NotManaged {
    /// There is none of this id.
    Missing,
    /// It is the key of somebody else.
    OfAnother,
    /// It has more than the key that acts.
    TooWide,
    /// The storage failed.
    Storage(StorageError),
}

macro_rules! from_not_managed {
    ($($Error:ident: $of_another:ident),+ $(,)?) => {$(
        impl From<NotManaged> for $Error {
            fn from(reason: NotManaged) -> Self {
                match reason {
                    NotManaged::Missing => Self::NotFound,
                    NotManaged::OfAnother => Self::$of_another,
                    NotManaged::TooWide => Self::TooWide,
                    NotManaged::Storage(error) => Self::Storage(error),
                }
            }
        }
    )+};
}

// The route that there was before tells foreign keys from none.
from_not_managed!(
    RevokeApiKeyError: NotFound,
    RotateApiKeyError: NotFound,
    UpdateApiKeyError: Forbidden,
);

/// Why a key does not reach what it should.
#[derive(Debug)]
pub(crate) enum OutOfReach {
    /// There are too many of them.
    Invalid(FieldErrors),
    /// The owner is a stranger in one of them, the key that acts does not reach it, or there is none of that name.
    Stranger,
    /// The storage failed.
    Storage(StorageError),
}

macro_rules! from_out_of_reach {
    ($($Error:ident),+ $(,)?) => {$(
        impl From<OutOfReach> for $Error {
            fn from(reason: OutOfReach) -> Self {
                match reason {
                    OutOfReach::Invalid(errors) => Self::Invalid(errors),
                    OutOfReach::Stranger => Self::WorkspaceForbidden,
                    OutOfReach::Storage(error) => Self::Storage(error),
                }
            }
        }
    )+};
}

from_out_of_reach!(CreateApiKeyError, UpdateApiKeyError);
