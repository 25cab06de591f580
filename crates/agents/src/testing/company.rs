//! A company and the people around it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use identity::{AgentId, Role, WorkspaceRef};
use llm::{ListedModel, Models};
use perme8_events::{
    Clock as _, Id, UserId, WorkspaceId,
    testing::{FakeTx, ManualClock},
};
use uuid::Uuid;

use super::Tables;
use crate::{
    application::{
        acting::Acting,
        add_agent_to_workspace::MOST_IN_A_WORKSPACE,
        create_agent::CreateAgent,
        ports::{Members, Membership, MockMembers},
    },
    domain::{
        agent::{Agent, Particulars, Texts},
        query::{Asked, Query},
        temperature::Temperature,
        visibility::Visibility,
    },
};

/// The workspace of most tests.
pub(crate) const COMPANY: WorkspaceId = id(1);
/// Another one.
pub(crate) const ELSEWHERE: WorkspaceId = id(7);
/// Owns the company.
pub(crate) const OWNER: UserId = id(2);
/// An admin of the company.
pub(crate) const ADMIN: UserId = id(3);
/// A member of the company, and the owner of its agents.
pub(crate) const MEMBER: UserId = id(4);
/// A guest of the company.
pub(crate) const GUEST: UserId = id(5);
/// Has nothing to do with it.
pub(crate) const STRANGER: UserId = id(10);

/// An agent that is shared in the company.
pub(crate) const HELPER: AgentId = id(21);
/// An agent in the company that is private.
pub(crate) const NOTES: AgentId = id(22);
/// An agent that is nowhere, though it would be shared.
pub(crate) const LONER: AgentId = id(23);

/// An id that is easy to read.
pub(crate) const fn id<A>(number: u128) -> Id<A> {
    Id::new(Uuid::from_u128(number))
}

/// The models of the host.
pub(crate) fn models() -> Models {
    let listed = ["some/model", "other/model", "scripted"];
    let [some, other, scripted] = listed.map(|name| name.parse().expect("it is a name"));
    let listed = [other, scripted].map(|name| ListedModel { name, price: None });
    Models::only(some, listed.into())
}

/// A new agent of this name.
pub(crate) fn named(name: &str) -> CreateAgent {
    CreateAgent {
        name: name.to_owned(),
        description: None,
        system_prompt: None,
        model: None,
        temperature: Temperature::DEFAULT,
        visibility: Visibility::Private,
        is_enabled: true,
    }
}

/// An agent of the member that is in these workspaces.
pub(crate) fn agent(
    id: AgentId,
    name: &str,
    visibility: Visibility,
    workspaces: &[WorkspaceId],
) -> Agent {
    let now = ManualClock::monday_morning().now();
    let (description, system_prompt) = (Some("Helps."), Some("Be brief."));
    let texts = Texts { name, description, system_prompt, model: Some("some/model") };
    let is = Particulars::check(texts, Temperature::DEFAULT, visibility, true, None).unwrap();
    let made = Agent::create(id, MEMBER, is, now);
    let placements = workspaces.iter().map(|id| (*id, now)).collect();
    Agent { version: 1, placements, ..made.peek().clone() }
}

/// Something that the admin asks the helper in the company, and that is being answered.
pub(crate) fn query(number: u128) -> Query {
    let begun = Query::begin(id(number), asked_of(HELPER), ManualClock::monday_morning().now());
    Query { version: 1, ..begun.peek().clone() }
}

/// What the admin asks an agent in the company.
pub(crate) fn asked_of(agent_id: AgentId) -> Asked {
    Asked {
        agent_id,
        user_id: ADMIN,
        workspace_id: Some(COMPANY),
        document_id: None,
        node_id: None,
        question: "Why?".to_owned(),
    }
}

/// A transaction over a company with two agents, and one that is nowhere.
pub(crate) fn company() -> FakeTx<Tables> {
    let agents = vec![
        agent(HELPER, "Helper", Visibility::Shared, &[COMPANY]),
        agent(NOTES, "Notes", Visibility::Private, &[COMPANY]),
        agent(LONER, "Loner", Visibility::Shared, &[]),
    ];
    FakeTx::new(Tables { agents, ..Tables::default() })
}

/// The same, and the company has as many agents as any may have.
pub(crate) fn crowded(mut tx: FakeTx<Tables>) -> FakeTx<Tables> {
    let crowd = (0..MOST_IN_A_WORKSPACE).map(|number| {
        agent(id(1_000 + u128::from(number)), "Another", Visibility::Shared, &[COMPANY])
    });
    tx.state.agents.extend(crowd);
    tx
}

/// Somebody of the company, who acts there.
pub(crate) fn acting(user_id: UserId) -> Acting {
    let role = role_of(user_id).expect("strangers do not act");
    Acting { user_id, membership: membership(1, role, false) }
}

/// The same, while the company is put away.
pub(crate) fn archived(acting: Acting) -> Acting {
    let membership = Membership { is_archived: true, ..acting.membership };
    Acting { membership, ..acting }
}

/// A role in the workspace of this number, whose slug is `w` and the number.
pub(crate) fn membership(number: u128, role: Role, is_archived: bool) -> Membership {
    let workspace_slug = format!("w{number}");
    Membership { workspace_id: id(number), workspace_slug, is_archived, role }
}

fn role_of(user: UserId) -> Option<Role> {
    let roles =
        [(OWNER, Role::Owner), (ADMIN, Role::Admin), (MEMBER, Role::Member), (GUEST, Role::Guest)];
    roles.into_iter().find(|(person, _)| *person == user).map(|(_, role)| role)
}

impl MockMembers {
    /// Takes every workspace for the company, put away or not.
    pub(crate) fn everywhere(is_archived: bool) -> Arc<dyn Members> {
        let mut members = Self::new();
        members.expect_membership().returning(move |user, workspace| {
            let WorkspaceRef::Id(id) = workspace else { return Ok(None) };
            let number = id.uuid().as_u128();
            Ok(role_of(user).map(|role| membership(number, role, is_archived)))
        });
        members.expect_memberships_of().returning(move |user| {
            Ok(role_of(user).map(|role| membership(1, role, is_archived)).into_iter().collect())
        });
        members.expect_belonging().returning(|pairs| {
            let belong = pairs.iter().filter(|(user, _)| role_of(*user).is_some());
            Ok(belong.copied().collect())
        });
        members.expect_existing().returning(|users| Ok(users.iter().copied().collect()));
        let called = |user: &UserId| (*user, "Somebody".to_owned());
        members.expect_names().returning(move |users| Ok(users.iter().map(called).collect()));
        Arc::new(members)
    }

    /// Everybody is gone.
    pub(crate) fn nowhere() -> Arc<dyn Members> {
        let mut members = Self::new();
        members.expect_membership().returning(|_, _| Ok(None));
        members.expect_memberships_of().returning(|_| Ok(Vec::new()));
        members.expect_belonging().returning(|_| Ok(HashSet::new()));
        members.expect_existing().returning(|_| Ok(HashSet::new()));
        members.expect_names().returning(|_| Ok(HashMap::new()));
        Arc::new(members)
    }
}
