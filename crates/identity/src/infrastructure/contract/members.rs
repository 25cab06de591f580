//! Workspaces and their members.

use super::*;

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    workspaces_come_back_as_they_were_saved
    a_slug_is_had_once
    only_members_have_a_standing
    members_come_and_go
    a_member_who_is_gone_is_not_saved
    nobody_joins_twice
    a_workspace_has_one_owner
    a_workspace_changes_one_version_after_another
    a_workspace_goes_with_all_who_belong_to_it
    managers_are_listed_as_they_joined
}

async fn a_workspace_changes_one_version_after_another<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let engines = workspace(tx, "engines", &ada).await;
    let archived = engines.archive(tx.now()).expect("it is in use");
    let archived = Save::<Workspace>::save(tx, archived).await.unwrap();
    assert_eq!(tx.held_workspace(engines.id).await.unwrap(), Some(archived.clone()));
    let restored = archived.restore().expect("it is archived");
    Save::<Workspace>::save(tx, restored).await.unwrap();
    assert!(is_conflict(Save::<Workspace>::save(tx, archived.delete(Vec::new())).await));
}

async fn a_workspace_goes_with_all_who_belong_to_it<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let (engines, looms) =
        (workspace(tx, "engines", &ada).await, workspace(tx, "looms", &ada).await);
    let now = tx.now();
    for workspace in [&engines, &looms] {
        join(tx, workspace, &ben, Role::Guest).await.unwrap();
        invite(tx, workspace, &ada, "cyd", now).await.unwrap();
    }
    Save::<Workspace>::save(tx, engines.clone().delete(vec![ada.id])).await.unwrap();
    assert_eq!(tx.held_workspace(engines.id).await.unwrap(), None);
    assert_eq!(tx.standing(ben.id, &engines.id.into()).await.unwrap(), None);
    assert_eq!(tx.pending_invitation(engines.id, &email("cyd")).await.unwrap(), None);
    assert!(tx.standing(ben.id, &looms.id.into()).await.unwrap().is_some());
    assert!(tx.pending_invitation(looms.id, &email("cyd")).await.unwrap().is_some());
    assert!(is_conflict(Save::<Workspace>::save(tx, engines.delete(Vec::new())).await));
}

async fn managers_are_listed_as_they_joined<T: Ports>(tx: &mut T) {
    let people = [person(tx, "ada").await, person(tx, "ben").await, person(tx, "cyd").await];
    let [ada, ben, cyd] = &people;
    let engines = workspace(tx, "engines", ada).await;
    let id = MemberId { workspace_id: engines.id, user_id: ada.id };
    let founded = Member::found(id, tx.now());
    Save::<Member>::save(tx, founded).await.unwrap();
    join(tx, &engines, ben, Role::Member).await.unwrap();
    join(tx, &engines, cyd, Role::Admin).await.unwrap();
    assert_eq!(tx.managers(engines.id).await.unwrap(), [ada.id, cyd.id]);
    assert_eq!(tx.managers(Id::new(nobody().uuid())).await.unwrap(), []);
}

async fn workspaces_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let engines = workspace(tx, "engines", &ada).await;
    assert_eq!(Load::<Workspace>::load(tx, engines.id).await.unwrap().as_ref(), Some(&engines));
    assert_eq!(tx.workspace_by_slug(&engines.slug).await.unwrap().as_ref(), Some(&engines));
    assert_eq!(tx.workspace_by_slug(&Slug::parse("looms").unwrap()).await.unwrap(), None);
    assert_eq!(Load::<Workspace>::load(tx, Id::new(nobody().uuid())).await.unwrap(), None);
}

async fn a_slug_is_had_once<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    workspace(tx, "engines", &ada).await;
    assert!(is_conflict(try_workspace(tx, "engines", &ada).await));
}

async fn only_members_have_a_standing<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let engines = workspace(tx, "engines", &ada).await;
    let looms = workspace(tx, "looms", &ada).await;
    join(tx, &engines, &ada, Role::Admin).await.unwrap();
    join(tx, &looms, &ben, Role::Guest).await.unwrap();
    for named in [WorkspaceRef::from(engines.id), WorkspaceRef::from("engines")] {
        assert_eq!(
            tx.standing(ada.id, &named).await.unwrap(),
            Some((engines.clone(), Role::Admin))
        );
        assert_eq!(tx.standing(ben.id, &named).await.unwrap(), None);
    }
    let unknown: WorkspaceId = Id::new(nobody().uuid());
    for named in [WorkspaceRef::from(unknown), WorkspaceRef::from("a\0b"), WorkspaceRef::from("")] {
        assert_eq!(tx.standing(ada.id, &named).await.unwrap(), None);
    }
}

async fn members_come_and_go<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let engines = workspace(tx, "engines", &ada).await;
    let member = join(tx, &engines, &ben, Role::Guest).await.unwrap();
    assert_eq!(Load::<Member>::load(tx, member.id).await.unwrap().as_ref(), Some(&member));
    assert_eq!(
        tx.member_by_email(engines.id, &email("BEN")).await.unwrap().as_ref(),
        Some(&member)
    );
    assert_eq!(tx.member_by_email(engines.id, &ada.email).await.unwrap(), None);
    let Ok(admin) = member.change_role(Role::Admin) else { panic!("guests are not protected") };
    let admin = Save::<Member>::save(tx, admin).await.unwrap();
    assert_eq!(Load::<Member>::load(tx, admin.id).await.unwrap().as_ref(), Some(&admin));
    let id = admin.id;
    let Ok(gone) = admin.leave() else { panic!("admins are not protected") };
    Save::<Member>::save(tx, gone).await.unwrap();
    assert_eq!(Load::<Member>::load(tx, id).await.unwrap(), None);
    assert_eq!(tx.member_by_email(engines.id, &ben.email).await.unwrap(), None);
    let back = join(tx, &engines, &ben, Role::Member).await.unwrap();
    assert_eq!(Load::<Member>::load(tx, id).await.unwrap(), Some(back));
}

async fn a_member_who_is_gone_is_not_saved<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let engines = workspace(tx, "engines", &ada).await;
    let member = join(tx, &engines, &ada, Role::Guest).await.unwrap();
    let (Ok(gone), Ok(again)) = (member.clone().leave(), member.clone().remove()) else {
        panic!("guests are not protected")
    };
    Save::<Member>::save(tx, gone).await.unwrap();
    assert!(is_conflict(Save::<Member>::save(tx, again).await));
    let Ok(changed) = member.change_role(Role::Admin) else { panic!("guests are not protected") };
    assert!(is_conflict(Save::<Member>::save(tx, changed).await));
}

async fn nobody_joins_twice<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let engines = workspace(tx, "engines", &ada).await;
    join(tx, &engines, &ada, Role::Guest).await.unwrap();
    assert!(is_conflict(join(tx, &engines, &ada, Role::Member).await));
}

async fn a_workspace_has_one_owner<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let (engines, looms) =
        (workspace(tx, "engines", &ada).await, workspace(tx, "looms", &ada).await);
    for (workspace, owner, fits) in
        [(&engines, &ada, true), (&looms, &ada, true), (&engines, &ben, false)]
    {
        let id = MemberId { workspace_id: workspace.id, user_id: owner.id };
        let founded = Member::found(id, tx.now());
        assert_eq!(is_conflict(Save::<Member>::save(tx, founded).await), !fits);
    }
}
