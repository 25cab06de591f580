//! What people leave behind.

use super::*;

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    memberships_are_found_in_every_workspace
    whoever_leaves_no_invitation_behind_can_go
}

async fn memberships_are_found_in_every_workspace<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let (one, two) = (workspace(tx, "one", &ada).await, workspace(tx, "two", &ada).await);
    let mut joined = Vec::new();
    for workspace in [&one, &two] {
        joined.push(join(tx, workspace, &ben, Role::Guest).await.unwrap());
    }
    join(tx, &one, &ada, Role::Admin).await.unwrap();
    assert_eq!(tx.memberships_of(ben.id).await.unwrap(), joined);
    assert_eq!(tx.memberships_of(nobody()).await.unwrap(), []);
}

async fn whoever_leaves_no_invitation_behind_can_go<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let company = workspace(tx, "company", &ada).await;
    let now = tx.now();
    let by_ben = invite(tx, &company, &ben, "cyd", now).await.unwrap();
    Save::<Invitation>::save(tx, by_ben.clone().revoke()).await.unwrap();
    let to_ben = invite(tx, &company, &ada, "ben", now).await.unwrap();
    let to_ben = Save::<Invitation>::save(tx, to_ben.announced(ben.id)).await.unwrap();
    tx.forget_invitations_of(ben.id).await.unwrap();
    assert_eq!(Load::<Invitation>::load(tx, by_ben.id).await.unwrap(), None);
    let left = Load::<Invitation>::load(tx, to_ben.id).await.unwrap().unwrap();
    assert_eq!(left, Invitation { announced_to: None, version: to_ben.version + 1, ..to_ben });
    Save::<User>::save(tx, ben.delete()).await.unwrap();
}
