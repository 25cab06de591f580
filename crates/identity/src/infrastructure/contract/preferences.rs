//! What people prefer.

use super::*;

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    preferences_come_back_as_they_were_saved
    preferences_end_with_the_membership
    preferences_end_with_the_workspace
}

/// Ada has a workspace, in which she has chosen something.
async fn chosen<T: Ports>(tx: &mut T) -> (Workspace, Member, Preferences) {
    let ada = person(tx, "ada").await;
    let engines = workspace(tx, "engines", &ada).await;
    let member = join(tx, &engines, &ada, Role::Guest).await.unwrap();
    let agent = tx.new_id();
    let first = Preferences::none(member.id).select_agent(Some(agent)).expect("it is a change");
    let preferences = Save::<Preferences>::save(tx, first).await.unwrap();
    (engines, member, preferences)
}

async fn preferences_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let (_, member, chosen) = chosen(tx).await;
    assert_eq!(Load::<Preferences>::load(tx, member.id).await.unwrap().as_ref(), Some(&chosen));
    let none = chosen.select_agent(None).expect("it is a change");
    let none = Save::<Preferences>::save(tx, none).await.unwrap();
    assert_eq!((none.selected_agent, none.version), (None, chosen.version + 1));
    assert_eq!(Load::<Preferences>::load(tx, member.id).await.unwrap(), Some(none));
    let of_nobody = MemberId { user_id: nobody(), ..member.id };
    assert_eq!(Load::<Preferences>::load(tx, of_nobody).await.unwrap(), None);
    let stale = chosen.select_agent(None).expect("it was a change");
    assert!(is_conflict(Save::<Preferences>::save(tx, stale).await));
}

async fn preferences_end_with_the_membership<T: Ports>(tx: &mut T) {
    let (engines, member, chosen) = chosen(tx).await;
    let ben = person(tx, "ben").await;
    let of_ben = join(tx, &engines, &ben, Role::Guest).await.unwrap();
    let by_ben = Preferences::none(of_ben.id).select_agent(chosen.selected_agent);
    Save::<Preferences>::save(tx, by_ben.expect("it is a change")).await.unwrap();
    let Ok(admin) = member.change_role(Role::Admin) else { panic!("guests are not protected") };
    let admin = Save::<Member>::save(tx, admin).await.unwrap();
    assert_eq!(Load::<Preferences>::load(tx, admin.id).await.unwrap(), Some(chosen));
    let Ok(gone) = admin.clone().leave() else { panic!("admins are not protected") };
    Save::<Member>::save(tx, gone).await.unwrap();
    assert_eq!(Load::<Preferences>::load(tx, admin.id).await.unwrap(), None);
    assert!(Load::<Preferences>::load(tx, of_ben.id).await.unwrap().is_some());
}

async fn preferences_end_with_the_workspace<T: Ports>(tx: &mut T) {
    let (engines, member, _) = chosen(tx).await;
    Save::<Workspace>::save(tx, engines.delete(Vec::new())).await.unwrap();
    assert_eq!(Load::<Preferences>::load(tx, member.id).await.unwrap(), None);
}
