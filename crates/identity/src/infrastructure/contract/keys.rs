//! API keys.

use super::*;

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    keys_come_back_as_they_were_saved
    a_token_is_that_of_one_key
    a_stale_key_is_not_saved
    keys_reach_what_their_owner_belongs_to
    keys_go_with_their_owner
    keys_are_counted_while_they_are_good
    keys_know_by_which_they_were_made
    keys_are_forgotten_long_after_their_end_and_makers_last
}

mod in_tables {
    use perme8_events::{Transaction as _, sql};

    use super::*;

    on_both_engines! {
        migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

        async fn where_a_key_reaches_is_written_only_when_it_changes(test: TestDb) {
            let uow = UnitOfWork::new(test.db.clone());
            let done = uow.run(Origin::system("identity.contract"), async |tx| {
                let (ada, [one, two]) = ada_in_two(tx).await;
                let reach = vec![two.id, one.id];
                let key = try_key(tx, &ada, 1, &reach).await?;
                // Whatever is written anew stands in the first places.
                tx.query(sql!("UPDATE identity_api_key_workspaces SET place = place + 10")).exec().await?;
                let now = tx.now();
                let renamed = key.update(described("Other"), reach, None, now).unwrap();
                Save::<ApiKey>::save(tx, renamed).await?;
                tx.query(sql!("SELECT min(place) FROM identity_api_key_workspaces")).one().await
            });
            let (first,): (i64,) = done.await.unwrap();
            assert!(first >= 10, "{first}");
        }
    }
}

async fn key<T: Ports>(tx: &mut T, owner: &User, number: u8) -> ApiKey {
    try_key(tx, owner, number, &[]).await.unwrap()
}

async fn try_key<T: Ports>(
    tx: &mut T,
    owner: &User,
    number: u8,
    workspaces: &[WorkspaceId],
) -> Result<ApiKey, StorageError> {
    let permissions = ["agents:*".to_owned(), "*".to_owned()];
    let description = Some("Ünïcode\nof two lines");
    let particulars = KeyParticulars::check("Röbot", description, Some(&permissions), Ok(()));
    let now = tx.now();
    let new = NewApiKey {
        user_id: owner.id,
        made_by: None,
        particulars: particulars.unwrap(),
        workspaces: workspaces.to_vec(),
        expires_at: Some(now + TimeDelta::days(1)),
        token_hash: TokenHash::new([number; 32]),
        prefix: "abcd_-01".to_owned(),
    };
    let id = tx.new_id();
    Save::<ApiKey>::save(tx, ApiKey::create(id, new, now)).await
}

async fn loaded<T: Ports>(tx: &mut T, key: &ApiKey) -> Option<ApiKey> {
    Load::<ApiKey>::load(tx, key.id).await.unwrap()
}

/// Ada is in two workspaces.
async fn ada_in_two<T: Ports>(tx: &mut T) -> (User, [Workspace; 2]) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let both = [workspace(tx, "one", &ben).await, workspace(tx, "two", &ben).await];
    for workspace in &both {
        join(tx, workspace, &ada, Role::Guest).await.unwrap();
    }
    (ada, both)
}

async fn keys_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let (ada, [one, two]) = ada_in_two(tx).await;
    let reach = [two.id, one.id];
    let saved = try_key(tx, &ada, 1, &reach).await.unwrap();
    assert_eq!((saved.version, loaded(tx, &saved).await.as_ref()), (1, Some(&saved)));
    let now = tx.now() + TimeDelta::minutes(1);
    let updated = saved.update(described("Other"), vec![one.id], None, now).unwrap();
    let updated = Save::<ApiKey>::save(tx, updated).await.unwrap();
    assert_eq!(loaded(tx, &updated).await.as_ref(), Some(&updated));
    let rotated =
        updated.rotate(TokenHash::new([9; 32]), "efgh_-01".to_owned(), TimeDelta::days(1), now);
    let updated = Save::<ApiKey>::save(tx, rotated).await.unwrap();
    assert_eq!(loaded(tx, &updated).await.as_ref(), Some(&updated));
    let revoked = Save::<ApiKey>::save(tx, updated.revoke(now).unwrap()).await.unwrap();
    assert_eq!(loaded(tx, &revoked).await.as_ref(), Some(&revoked));
    let unknown = ApiKey { id: tx.new_id(), ..revoked };
    assert_eq!(loaded(tx, &unknown).await, None);
}

async fn a_token_is_that_of_one_key<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    key(tx, &ada, 1).await;
    assert!(is_conflict(try_key(tx, &ada, 1, &[]).await));
}

async fn a_stale_key_is_not_saved<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let now = tx.now();
    let seen = key(tx, &ada, 1).await;
    Save::<ApiKey>::save(tx, seen.revoke(now).unwrap()).await.unwrap();
    assert!(is_conflict(Save::<ApiKey>::save(tx, seen.revoke(now).unwrap()).await));
}

async fn keys_reach_what_their_owner_belongs_to<T: Ports>(tx: &mut T) {
    let (ada, [one, two]) = ada_in_two(tx).await;
    let cyd = person(tx, "cyd").await;
    let other = workspace(tx, "three", &cyd).await;
    let reach = [one.id, two.id, other.id];
    let saved = try_key(tx, &ada, 1, &reach).await.unwrap();
    assert_eq!(loaded(tx, &saved).await.unwrap().workspaces, [one.id, two.id]);
    let id = MemberId { workspace_id: one.id, user_id: ada.id };
    let member = Load::<Member>::load(tx, id).await.unwrap().unwrap();
    Save::<Member>::save(tx, member.leave().ok().unwrap()).await.unwrap();
    assert_eq!(loaded(tx, &saved).await.unwrap().workspaces, [two.id]);
    Save::<Workspace>::save(tx, two.delete(vec![])).await.unwrap();
    assert_eq!(loaded(tx, &saved).await.unwrap().workspaces, []);
}

async fn keys_go_with_their_owner<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let (of_ada, of_ben) = (key(tx, &ada, 1).await, key(tx, &ben, 2).await);
    Save::<User>::save(tx, ada.delete()).await.unwrap();
    assert_eq!(loaded(tx, &of_ada).await, None);
    assert_eq!(loaded(tx, &of_ben).await, Some(of_ben));
}

async fn keys_are_counted_while_they_are_good<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let now = tx.now();
    tx.wait_for_keys(ada.id).await.unwrap();
    for number in 1..=3 {
        key(tx, &ada, number).await;
    }
    let revoked = key(tx, &ada, 4).await.revoke(now).unwrap();
    Save::<ApiKey>::save(tx, revoked).await.unwrap();
    let over = key(tx, &ada, 5).await;
    let over = over.update(described("Over"), vec![], Some(now), now);
    Save::<ApiKey>::save(tx, over.unwrap()).await.unwrap();
    key(tx, &ben, 6).await;
    assert_eq!(tx.count_active_keys(ada.id).await.unwrap(), 3);
    assert_eq!(tx.count_active_keys(ben.id).await.unwrap(), 1);
}

async fn keys_know_by_which_they_were_made<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let now = tx.now();
    let maker = key(tx, &ada, 1).await;
    let made = [made(tx, &maker, 2).await, made(tx, &maker, 3).await];
    assert_eq!(loaded(tx, &made[0]).await.as_ref(), Some(&made[0]));
    assert_eq!(tx.keys_made_by(maker.id).await.unwrap(), made);
    Save::<ApiKey>::save(tx, made[0].revoke(now).unwrap()).await.unwrap();
    assert_eq!(tx.keys_made_by(maker.id).await.unwrap(), made[1..]);
    assert_eq!(tx.keys_made_by(made[1].id).await.unwrap(), []);
}

fn described(name: &str) -> KeyParticulars {
    KeyParticulars::check(name, None, None, Ok(())).unwrap()
}

/// A key of the same person that was made by this one.
async fn made<T: Ports>(tx: &mut T, maker: &ApiKey, number: u8) -> ApiKey {
    let now = tx.now();
    let owner = Load::<User>::load(tx, maker.user_id).await.unwrap().unwrap();
    let made = ApiKey { made_by: Some(maker.id), ..key(tx, &owner, number).await };
    let made = made.update(described("Made"), vec![], None, now).unwrap();
    Save::<ApiKey>::save(tx, made).await.unwrap()
}

async fn keys_are_forgotten_long_after_their_end_and_makers_last<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let long_ago = tx.now() - KEPT_AFTER_END;
    let lasting = key(tx, &ada, 1).await;
    let maker = key(tx, &ada, 2).await;
    let made = made(tx, &maker, 3).await;
    for over in [&maker, &made] {
        let revoked = over.revoke(long_ago).unwrap();
        Save::<ApiKey>::save(tx, revoked).await.unwrap();
    }
    let later = key(tx, &ada, 4).await.revoke(long_ago + TimeDelta::seconds(1)).unwrap();
    let later = Save::<ApiKey>::save(tx, later).await.unwrap();
    for (purged, left) in [(1, vec![&maker]), (1, vec![]), (0, vec![])] {
        assert_eq!(tx.purge_keys(9).await.unwrap(), purged);
        for key in [&maker, &made] {
            assert_eq!(loaded(tx, key).await.is_some(), left.contains(&key));
        }
    }
    for key in [&lasting, &later] {
        assert!(loaded(tx, key).await.is_some());
    }
}
