//! Invitations.

use super::*;

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    invitations_come_back_as_they_were_saved
    an_address_has_one_pending_invitation
    a_stale_invitation_is_not_saved
    invitations_are_asked_for_in_time
    invitations_are_found_by_who_sent_them_and_when
    invitations_wait_for_whoever_has_the_address
}

async fn invitations_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let engines = workspace(tx, "engines", &ada).await;
    let now = tx.now();
    let invitation = invite(tx, &engines, &ada, "ben", now).await.unwrap();
    assert_eq!(
        Load::<Invitation>::load(tx, invitation.id).await.unwrap().as_ref(),
        Some(&invitation)
    );
    let pending = tx.pending_invitation(engines.id, &email("BEN")).await.unwrap();
    assert_eq!(pending.as_ref(), Some(&invitation));
    let announced = Save::<Invitation>::save(tx, invitation.announced(ada.id)).await.unwrap();
    assert_eq!(
        Load::<Invitation>::load(tx, announced.id).await.unwrap().as_ref(),
        Some(&announced)
    );
    for status in [
        InvitationStatus::Accepted,
        InvitationStatus::Declined,
        InvitationStatus::Revoked,
        InvitationStatus::Expired,
    ] {
        let again = match tx.pending_invitation(engines.id, &email("ben")).await.unwrap() {
            Some(pending) => pending,
            None => invite(tx, &engines, &ada, "ben", now).await.unwrap(),
        };
        let id = again.id;
        let closed = match status {
            InvitationStatus::Accepted | InvitationStatus::Pending => again.accept(),
            InvitationStatus::Declined => again.decline(ada.id),
            InvitationStatus::Revoked => again.revoke(),
            InvitationStatus::Expired => again.expire(),
        };
        let closed = Save::<Invitation>::save(tx, closed).await.unwrap();
        assert_eq!(closed.status, status);
        assert_eq!(Load::<Invitation>::load(tx, id).await.unwrap(), Some(closed));
        assert_eq!(tx.pending_invitation(engines.id, &email("ben")).await.unwrap(), None);
    }
}

async fn an_address_has_one_pending_invitation<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let (engines, looms) =
        (workspace(tx, "engines", &ada).await, workspace(tx, "looms", &ada).await);
    let now = tx.now();
    invite(tx, &engines, &ada, "ben", now).await.unwrap();
    invite(tx, &looms, &ada, "ben", now).await.unwrap();
    assert!(is_conflict(invite(tx, &engines, &ada, "ben", now).await));
}

async fn a_stale_invitation_is_not_saved<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let engines = workspace(tx, "engines", &ada).await;
    let now = tx.now();
    let invitation = invite(tx, &engines, &ada, "ben", now).await.unwrap();
    Save::<Invitation>::save(tx, invitation.clone().revoke()).await.unwrap();
    assert!(is_conflict(Save::<Invitation>::save(tx, invitation.accept()).await));
}

async fn invitations_are_asked_for_in_time<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let (engines, looms) =
        (workspace(tx, "engines", &ada).await, workspace(tx, "looms", &ada).await);
    let now = tx.now();
    let over = now - TimeDelta::days(14);
    let latest = invite(tx, &engines, &ada, "cyd", over).await.unwrap();
    let oldest = invite(tx, &engines, &ada, "dan", over - TimeDelta::days(1)).await.unwrap();
    let last_moment = over + TimeDelta::microseconds(1);
    let earlier = invite(tx, &looms, &ada, "ben", last_moment).await.unwrap();
    let later = invite(tx, &engines, &ada, "ben", now).await.unwrap();
    assert_eq!(tx.count_open_invitations(engines.id).await.unwrap(), 1);
    assert_eq!(tx.open_invitations_of(&email("ben")).await.unwrap(), [earlier, later]);
    assert_eq!(tx.open_invitations_of(&email("cyd")).await.unwrap(), []);
    assert_eq!(tx.overdue_invitations(1).await.unwrap(), std::slice::from_ref(&oldest));
    assert_eq!(tx.overdue_invitations(9).await.unwrap(), [oldest.clone(), latest.clone()]);
    Save::<Invitation>::save(tx, oldest.expire()).await.unwrap();
    assert_eq!(tx.overdue_invitations(9).await.unwrap(), [latest]);
}

async fn invitations_are_found_by_who_sent_them_and_when<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let (engines, looms) =
        (workspace(tx, "engines", &ada).await, workspace(tx, "looms", &ada).await);
    let now = tx.now();
    let overdue = invite(tx, &engines, &ada, "cyd", now - TimeDelta::days(30)).await.unwrap();
    let answered = invite(tx, &engines, &ada, "dan", now - TimeDelta::days(1)).await.unwrap();
    let answered = Save::<Invitation>::save(tx, answered.decline(ben.id)).await.unwrap();
    invite(tx, &engines, &ben, "eve", now).await.unwrap();
    invite(tx, &looms, &ada, "fay", now).await.unwrap();
    let latest = tx.latest_invitation(engines.id, &email("DAN")).await.unwrap();
    assert_eq!(latest, Some(answered));
    let again = invite(tx, &engines, &ada, "dan", now).await.unwrap();
    let latest = tx.latest_invitation(engines.id, &email("dan")).await.unwrap();
    assert_eq!(latest.as_ref(), Some(&again));
    assert_eq!(tx.latest_invitation(looms.id, &email("dan")).await.unwrap(), None);
    assert_eq!(tx.pending_invitations_by(engines.id, ada.id).await.unwrap(), [overdue, again]);
    assert_eq!(tx.pending_invitations_by(looms.id, ben.id).await.unwrap(), []);
    tx.wait_for_room(engines.id).await.unwrap();
    tx.wait_for_room(engines.id).await.unwrap();
}

async fn invitations_wait_for_whoever_has_the_address<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let (engines, looms) =
        (workspace(tx, "engines", &ada).await, workspace(tx, "looms", &ada).await);
    let now = tx.now();
    let overdue = invite(tx, &looms, &ada, "ben", now - TimeDelta::days(30)).await.unwrap();
    let open = invite(tx, &engines, &ada, "ben", now).await.unwrap();
    let before = invite(tx, &engines, &ada, "abe", now).await.unwrap();
    assert_eq!(
        tx.pending_invitations_of(&email("BEN")).await.unwrap(),
        [overdue.clone(), open.clone()]
    );
    assert_eq!(tx.unannounced_invitations(looms.id).await.unwrap(), []);
    assert_eq!(
        tx.unannounced_invitations(engines.id).await.unwrap(),
        [before.clone(), open.clone()]
    );
    let open = Save::<Invitation>::save(tx, open.announced(ben.id)).await.unwrap();
    assert_eq!(
        tx.unannounced_invitations(engines.id).await.unwrap(),
        std::slice::from_ref(&before)
    );
    let open = Save::<Invitation>::save(tx, open.unannounced()).await.unwrap();
    assert_eq!(tx.unannounced_invitations(engines.id).await.unwrap(), [before, open.clone()]);
    Save::<Invitation>::save(tx, open.revoke()).await.unwrap();
    assert_eq!(tx.pending_invitations_of(&email("ben")).await.unwrap(), [overdue]);
}
