//! API keys: what lets a program act as a person, within limits.

use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};

use crate::domain::{
    account_events::Change,
    api_key_events::{ApiKeyChanges, ApiKeyCreated, ApiKeyRevoked, ApiKeyRotated, ApiKeyUpdated},
    discreet::discreet,
    fields::{FieldErrors, Problem},
    key_scopes::{KeyScope, Scopes},
    references::ApiKeyId,
    secret::TokenHash,
};

/// A person has at most so many keys that are good at the same time.
pub(crate) const MAX_ACTIVE: i64 = 50;

/// A key that has ended is shown for so long.
pub(crate) const KEPT_AFTER_END: TimeDelta = TimeDelta::days(90);

/// A key reaches at most so many workspaces.
pub(crate) const MAX_WORKSPACES: usize = 100;

const MAX_NAME: usize = 255;
const MAX_DESCRIPTION: usize = 1000;

/// A key of a person. Whoever shows its token acts as that person, where the key reaches and as far as its scopes go.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ApiKey {
    pub(crate) id: ApiKeyId,
    pub(crate) user_id: UserId,
    /// The key by which it was made; it is revoked with that one.
    pub(crate) made_by: Option<ApiKeyId>,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) token_hash: TokenHash,
    /// The token that it had before, for whoever has not heard of the present one.
    pub(crate) previous: Option<PreviousToken>,
    /// How its token begins, so that its owner can tell it from others.
    pub(crate) prefix: String,
    pub(crate) scopes: Scopes,
    /// Where it reaches; nowhere if there are none.
    pub(crate) workspaces: Vec<WorkspaceId>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) revoked_at: Option<DateTime<Utc>>,
    pub(crate) version: i64,
}

/// A token that was replaced, and is good for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PreviousToken {
    pub(crate) token_hash: TokenHash,
    pub(crate) until: DateTime<Utc>,
}

discreet! { ApiKey { id, user_id, scopes, workspaces, expires_at, revoked_at, version } }

/// What people say of a key.
#[derive(Clone)]
pub(crate) struct KeyParticulars {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) scopes: Scopes,
}

impl KeyParticulars {
    /// As somebody gave them, with what is wrong about anything else.
    pub(crate) fn check(
        name: &str,
        description: Option<&str>,
        permissions: Option<&[String]>,
        expiry: Result<(), Problem>,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.line("name", name, MAX_NAME);
        let description = errors.paragraph("description", description, MAX_DESCRIPTION);
        let scopes = errors.check("permissions", Scopes::parse(permissions));
        let expiry = errors.check("expires_at", expiry);
        match (name, description, scopes, expiry) {
            (Some(name), Some(description), Some(scopes), Some(())) => {
                Ok(Self { name, description, scopes })
            }
            _ => Err(errors),
        }
    }
}

/// A key in the making.
pub(crate) struct NewApiKey {
    pub(crate) user_id: UserId,
    pub(crate) made_by: Option<ApiKeyId>,
    pub(crate) particulars: KeyParticulars,
    pub(crate) workspaces: Vec<WorkspaceId>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) token_hash: TokenHash,
    pub(crate) prefix: String,
}

impl Aggregate for ApiKey {
    const TYPE: &'static str = "api_key";
    type Id = ApiKeyId;

    fn id(&self) -> ApiKeyId {
        self.id
    }
}

impl ApiKey {
    pub(crate) fn create(id: ApiKeyId, new: NewApiKey, now: DateTime<Utc>) -> Unsaved<Self> {
        let NewApiKey { user_id, made_by, particulars, workspaces, expires_at, token_hash, prefix } =
            new;
        let KeyParticulars { name, description, scopes } = particulars;
        let event = ApiKeyCreated {
            api_key_id: id,
            user_id,
            name: name.clone().into(),
            scopes: scopes.entries().map(<[_]>::to_vec),
            workspaces: workspaces.clone(),
            expires_at,
        };
        let key = Self {
            id,
            user_id,
            made_by,
            name,
            description,
            token_hash,
            previous: None,
            prefix,
            scopes,
            workspaces,
            expires_at,
            created_at: now,
            updated_at: now,
            revoked_at: None,
            version: 0,
        };
        Unsaved::new(key).record(event)
    }

    /// Other particulars, places or another end, if any of them is another.
    pub(crate) fn update(
        &self,
        particulars: KeyParticulars,
        workspaces: Vec<WorkspaceId>,
        expires_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Option<Unsaved<Self>> {
        let KeyParticulars { name, description, scopes } = particulars;
        let entries = |scopes: &Scopes| scopes.entries().map(<[_]>::to_vec);
        let description_of = |text: &Option<String>| text.clone().map(Into::into);
        let changes = ApiKeyChanges {
            name: Change::between(self.name.clone().into(), name.clone().into()),
            description: Change::between(
                description_of(&self.description),
                description_of(&description),
            ),
            scopes: Change::between(entries(&self.scopes), entries(&scopes)),
            workspaces: Change::between(self.workspaces.clone(), workspaces.clone()),
            expires_at: Change::between(self.expires_at, expires_at),
        };
        if changes == ApiKeyChanges::default() {
            return None;
        }
        let event = ApiKeyUpdated {
            api_key_id: self.id,
            user_id: self.user_id,
            name: name.clone().into(),
            scopes: entries(&scopes),
            workspaces: workspaces.clone(),
            changes,
        };
        let updated = Self {
            name,
            description,
            scopes,
            workspaces,
            expires_at,
            updated_at: now,
            ..self.clone()
        };
        Some(Unsaved::new(updated).record(event))
    }

    /// Worth nothing any more, unless it is already.
    pub(crate) fn revoke(&self, now: DateTime<Utc>) -> Option<Unsaved<Self>> {
        if self.revoked_at.is_some() {
            return None;
        }
        let event = ApiKeyRevoked {
            api_key_id: self.id,
            user_id: self.user_id,
            name: self.name.clone().into(),
            scopes: self.scopes.entries().map(<[_]>::to_vec),
            workspaces: self.workspaces.clone(),
        };
        let revoked = Self { revoked_at: Some(now), updated_at: now, ..self.clone() };
        Some(Unsaved::new(revoked).record(event))
    }

    /// Another token; the present one is good for so long, and the one before no longer.
    pub(crate) fn rotate(
        &self,
        token_hash: TokenHash,
        prefix: String,
        overlap: TimeDelta,
        now: DateTime<Utc>,
    ) -> Unsaved<Self> {
        let until = now + overlap;
        let previous = PreviousToken { token_hash: self.token_hash.clone(), until };
        let previous = (until > now).then_some(previous);
        let event = ApiKeyRotated {
            api_key_id: self.id,
            user_id: self.user_id,
            name: self.name.clone().into(),
            previous_until: previous.as_ref().map(|previous| previous.until),
        };
        let rotated = Self { token_hash, previous, prefix, updated_at: now, ..self.clone() };
        Unsaved::new(rotated).record(event)
    }

    /// Whether its token is good.
    pub(crate) fn is_active(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| expires_at > now)
    }

    /// Whether it makes, shows and changes keys.
    pub(crate) fn deals_with_keys(&self, now: DateTime<Utc>) -> bool {
        self.is_active(now) && self.scopes.grants(KeyScope::ApiKeysWrite)
    }

    /// How far it goes.
    pub(crate) fn extent(&self) -> Extent<'_> {
        let Self { scopes, workspaces, expires_at, .. } = self;
        Extent { scopes, workspaces, expires_at: *expires_at }
    }
}

/// How far a key of a person goes: what it may do, where, and until when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent<'a> {
    pub(crate) scopes: &'a Scopes,
    pub(crate) workspaces: &'a [WorkspaceId],
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

impl Extent<'_> {
    /// Whether it goes no further than another key of the person: neither more, nor elsewhere, nor longer.
    pub(crate) fn is_within(self, other: Extent<'_>) -> bool {
        let lasts_longer = match (self.expires_at, other.expires_at) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(own), Some(others)) => own > others,
        };
        !lasts_longer
            && self.scopes.are_within(other.scopes)
            && self.workspaces.iter().all(|workspace| other.workspaces.contains(workspace))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{Clock as _, Id, testing::ManualClock};
    use uuid::Uuid;

    use super::*;
    use crate::testing::texts;

    fn now() -> DateTime<Utc> {
        ManualClock::monday_morning().now()
    }

    fn particulars(name: &str, permissions: Option<&[&str]>) -> KeyParticulars {
        let permissions = permissions.map(texts);
        KeyParticulars::check(name, Some("for tests"), permissions.as_deref(), Ok(())).unwrap()
    }

    fn workspace(number: u128) -> WorkspaceId {
        Id::new(Uuid::from_u128(number))
    }

    fn key(permissions: Option<&[&str]>, workspaces: &[u128], days: Option<i64>) -> ApiKey {
        let new = NewApiKey {
            user_id: Id::new(Uuid::from_u128(2)),
            made_by: None,
            particulars: particulars("Robot", permissions),
            workspaces: workspaces.iter().map(|&number| workspace(number)).collect(),
            expires_at: days.map(|days| now() + TimeDelta::days(days)),
            token_hash: TokenHash::new([7; 32]),
            prefix: "abcdefgh".to_owned(),
        };
        ApiKey::create(Id::new(Uuid::from_u128(1)), new, now()).peek().clone()
    }

    #[test]
    fn a_key_is_good_until_it_is_revoked_or_expires() {
        let lasting = key(None, &[], None);
        assert!(lasting.is_active(now() + TimeDelta::days(10_000)));
        let short = key(None, &[], Some(1));
        assert!(short.is_active(now()));
        assert!(!short.is_active(now() + TimeDelta::days(1)));
        let revoked = lasting.revoke(now()).unwrap();
        expect![[r#"
            identity.api_key_revoked {"api_key_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","name":"Robot","scopes":null,"workspaces":[]}
        "#]].assert_eq(&revoked.transcript());
        assert!(!revoked.peek().is_active(now()));
        assert!(revoked.peek().revoke(now()).is_none());
    }

    #[test]
    fn what_changes_nothing_is_no_event() {
        let before = key(Some(&["agents:read"]), &[1], None);
        let same = || particulars("Robot", Some(&["agents:read"]));
        assert!(before.update(same(), vec![workspace(1)], None, now()).is_none());
        let moved = before.update(same(), vec![workspace(2)], None, now()).unwrap();
        expect![[r#"
            identity.api_key_updated {"api_key_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","name":"Robot","scopes":["agents:read"],"workspaces":["00000000-0000-0000-0000-000000000002"],"changes":{"workspaces":{"from":["00000000-0000-0000-0000-000000000001"],"to":["00000000-0000-0000-0000-000000000002"]}}}
        "#]].assert_eq(&moved.transcript());
    }

    #[test]
    fn the_present_token_is_good_for_the_overlap_and_the_one_before_no_longer() {
        let rotate = |key: &ApiKey, number, minutes| {
            let hash = TokenHash::new([number; 32]);
            key.rotate(hash, "ijklmnop".to_owned(), TimeDelta::minutes(minutes), now())
        };
        let once = rotate(&key(None, &[], None), 8, 5);
        expect![[r#"
            identity.api_key_rotated {"api_key_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","name":"Robot","previous_until":"2026-01-05T09:05:00Z"}
        "#]].assert_eq(&once.transcript());
        let previous =
            |key: &ApiKey| key.previous.as_ref().map(|previous| previous.token_hash.clone());
        assert_eq!(previous(once.peek()), Some(TokenHash::new([7; 32])));
        let twice = rotate(once.peek(), 9, 1);
        assert_eq!(previous(twice.peek()), Some(TokenHash::new([8; 32])));
        assert_eq!(previous(rotate(twice.peek(), 10, 0).peek()), None);
    }

    #[test]
    fn a_key_is_within_another_that_may_as_much_as_long_and_in_as_many_places() {
        let outer = key(Some(&["agents:*"]), &[1, 2], Some(7));
        for (inner, within) in [
            (key(Some(&["agents:read"]), &[2], Some(7)), true),
            (outer.clone(), true),
            (key(None, &[2], Some(7)), false),
            (key(Some(&["chat:read"]), &[2], Some(7)), false),
            (key(Some(&["agents:read"]), &[2, 3], Some(7)), false),
            (key(Some(&["agents:read"]), &[2], Some(8)), false),
            (key(Some(&["agents:read"]), &[2], None), false),
        ] {
            assert_eq!(inner.extent().is_within(outer.extent()), within, "{inner:?}");
        }
        assert!(outer.extent().is_within(key(None, &[2, 1], None).extent()));
    }

    #[test]
    fn debug_shows_neither_name_nor_token() {
        let shown = format!("{:?}", key(None, &[], None));
        assert!(!shown.contains("Robot") && !shown.contains("abcdefgh"), "{shown}");
    }
}
