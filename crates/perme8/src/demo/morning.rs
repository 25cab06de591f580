//! The story: a furniture workshop moves its work onto the platform.

use identity::{
    ChangeMemberRole, CreateWorkspace, LeaveWorkspace, MemberRef, RemoveMember, ResendInvitation,
    RevokeInvitation, Role,
};
use notifications::{ListNotifications, MarkAllRead, MarkRead};
use perme8_events::{Origin, UserId, WorkspaceId};
use projects::{ArchiveProject, CreateProject, ProjectRef, UpdateProject};

use crate::{cli::Failure, demo::stage::Stage};

/// From nine to half past eleven.
pub(crate) async fn play(stage: &Stage) -> Result<(), Failure> {
    let workshop = opens(stage).await?;
    let team = team_joins(stage, &workshop).await?;
    work_begins(stage, &workshop, &team).await?;
    let greta = late_answers(stage, &workshop, &team).await?;
    second_workspace(stage, &workshop, &team).await?;
    people_move(stage, &workshop, &team, greta).await?;
    inboxes(stage, &workshop, &team).await
}

struct Workshop {
    id: WorkspaceId,
    ada: UserId,
}

struct Team {
    ben: UserId,
    chiara: UserId,
    dmitri: UserId,
}

async fn opens(stage: &Stage) -> Result<Workshop, Failure> {
    stage.scene(9, 0, "Ada opens the workshop").await;
    let ada = stage.person("Ada", "Okafor");
    stage.joins_the_platform(&ada).await?;
    let session = stage.logs_in(&ada).await?;
    let ada = session.user.id;
    let id = founds(stage, ada, "Lumen & Oak").await?;
    Ok(Workshop { id, ada })
}

async fn founds(stage: &Stage, who: UserId, name: &str) -> Result<WorkspaceId, Failure> {
    let create = CreateWorkspace { name: name.to_owned(), description: None, color: None };
    let founded = stage
        .act(who, async |origin| stage.identity().create_workspace(origin, create).await)
        .await?;
    Ok(founded.id)
}

async fn team_joins(stage: &Stage, workshop: &Workshop) -> Result<Team, Failure> {
    let Workshop { id, ada } = *workshop;
    let [ben, chiara] = [stage.person("Ben", "Lindqvist"), stage.person("Chiara", "Moretti")];
    let dmitri = stage.person("Dmitri", "Volkov");
    stage.scene(9, 10, "Two colleagues have accounts already, one has not").await;
    let (ben_id, chiara_id) =
        (stage.joins_the_platform(&ben).await?, stage.joins_the_platform(&chiara).await?);
    stage.invites(ada, id, &ben, Role::Admin).await?;
    stage.invites(ada, id, &chiara, Role::Member).await?;
    stage.invites(ada, id, &dmitri, Role::Member).await?;
    stage.accepts(ben_id, id).await?;
    stage.accepts(chiara_id, id).await?;
    stage.scene(9, 25, "Dmitri finds the invitation, makes an account, and it finds him").await;
    let dmitri_id = stage.joins_the_platform(&dmitri).await?;
    stage.accepts(dmitri_id, id).await?;
    Ok(Team { ben: ben_id, chiara: chiara_id, dmitri: dmitri_id })
}

async fn work_begins(stage: &Stage, workshop: &Workshop, team: &Team) -> Result<(), Failure> {
    stage
        .scene(9, 35, "Chiara begins a project and finds a better name; Ada puts another away")
        .await;
    let chairs = begins(stage, workshop, team.chiara, "Chairs").await?;
    let rename = UpdateProject {
        project: chairs,
        name: Some("Oak Chairs".to_owned()),
        description: Some("For the winter market.".to_owned()),
        color: None,
        seen: None,
    };
    stage
        .act(team.chiara, async |origin| stage.projects().update_project(origin, rename).await)
        .await?;
    let stools = begins(stage, workshop, workshop.ada, "Stools").await?;
    let archive = ArchiveProject { project: stools, seen: None };
    stage
        .act(workshop.ada, async |origin| stage.projects().archive_project(origin, archive).await)
        .await?;
    Ok(())
}

async fn begins(
    stage: &Stage,
    workshop: &Workshop,
    who: UserId,
    name: &str,
) -> Result<ProjectRef, Failure> {
    let (workspace, name) = (workshop.id.into(), name.to_owned());
    let create = CreateProject { workspace, name, description: None, color: None };
    let begun = stage
        .act(who, async |origin| stage.projects().create_project(origin, create).await)
        .await?;
    Ok(ProjectRef { workspace: workshop.id.into(), slug: begun.slug })
}

/// Invitations that do not simply become memberships; gives the one who joins late.
async fn late_answers(stage: &Stage, workshop: &Workshop, team: &Team) -> Result<UserId, Failure> {
    let Workshop { id, ada } = *workshop;
    let [elif, farid, greta] = [
        stage.person("Elif", "Demir"),
        stage.person("Farid", "Haddad"),
        stage.person("Greta", "Sand"),
    ];
    stage.scene(9, 40, "Ben invites a few more: one declines, one address was wrong").await;
    let elif_id = stage.joins_the_platform(&elif).await?;
    stage.invites(team.ben, id, &elif, Role::Member).await?;
    let wrong = stage.invites(team.ben, id, &farid, Role::Guest).await?;
    let silent = stage.invites(team.ben, id, &greta, Role::Guest).await?;
    stage.declines(elif_id, id).await?;
    let revoke = RevokeInvitation { workspace: id.into(), invitation_id: wrong };
    stage.act(ada, async |origin| stage.identity().revoke_invitation(origin, revoke).await).await?;
    stage.scene(10, 0, "Greta has not answered, so Ben asks again").await;
    // An address rests for a minute before it is written to again, and only a story can skip that minute.
    if stage.skips_time() {
        let resend = ResendInvitation { workspace: id.into(), invitation_id: silent };
        stage
            .act(team.ben, async |origin| stage.identity().resend_invitation(origin, resend).await)
            .await?;
    }
    let greta = stage.joins_the_platform(&greta).await?;
    stage.accepts(greta, id).await?;
    Ok(greta)
}

async fn second_workspace(stage: &Stage, workshop: &Workshop, team: &Team) -> Result<(), Failure> {
    stage.scene(10, 20, "Ben founds a workspace of his own for the winter market").await;
    let market = founds(stage, team.ben, "Winter Market").await?;
    for person in [stage.person("Ada", "Okafor"), stage.person("Chiara", "Moretti")] {
        stage.invites(team.ben, market, &person, Role::Member).await?;
    }
    stage.accepts(workshop.ada, market).await?;
    stage.declines(team.chiara, market).await
}

async fn people_move(
    stage: &Stage,
    workshop: &Workshop,
    team: &Team,
    greta: UserId,
) -> Result<(), Failure> {
    let Workshop { id, ada } = *workshop;
    stage.scene(10, 45, "Chiara runs the shop floor now").await;
    let promote = ChangeMemberRole {
        workspace: id.into(),
        member: MemberRef::User(team.chiara),
        role: Role::Admin,
    };
    stage
        .act(ada, async |origin| stage.identity().change_member_role(origin, promote).await)
        .await?;
    let relieve = ChangeMemberRole {
        workspace: id.into(),
        member: MemberRef::User(team.dmitri),
        role: Role::Guest,
    };
    stage
        .act(team.chiara, async |origin| stage.identity().change_member_role(origin, relieve).await)
        .await?;
    stage.scene(11, 0, "Greta's job is done, and Dmitri moves on").await;
    let remove = RemoveMember { workspace: id.into(), member: MemberRef::User(greta) };
    stage
        .act(team.chiara, async |origin| stage.identity().remove_member(origin, remove).await)
        .await?;
    let leave = LeaveWorkspace { workspace: id.into() };
    stage
        .act(team.dmitri, async |origin| stage.identity().leave_workspace(origin, leave).await)
        .await?;
    if stage.skips_time() {
        stage.scene(11, 15, "Greta comes back").await;
        stage.invites(ada, id, &stage.person("Greta", "Sand"), Role::Member).await?;
        stage.accepts(greta, id).await?;
    }
    Ok(())
}

async fn inboxes(stage: &Stage, workshop: &Workshop, team: &Team) -> Result<(), Failure> {
    stage.scene(11, 25, "A look at the inbox before lunch").await;
    let list = ListNotifications { unread_only: true, ..ListNotifications::default() };
    let page = stage.notifications().list(&Origin::user(team.ben), list).await?;
    if let Some(newest) = page.notifications.first() {
        let mark = MarkRead { notification_id: newest.id };
        stage
            .act(team.ben, async |origin| stage.notifications().mark_read(origin, mark).await)
            .await?;
    }
    stage
        .act(workshop.ada, async |origin| {
            stage.notifications().mark_all_read(origin, MarkAllRead).await
        })
        .await?;
    let session = stage.logs_in(&stage.person("Chiara", "Moretti")).await?;
    stage.logs_out(&session).await
}
