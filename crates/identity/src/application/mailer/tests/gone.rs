//! What is mailed to those who have no account any more, and what is not.

use super::*;

/// The company, and the owner has no account any more.
fn without_owner() -> FakeTx<Tables> {
    let mut tx = company();
    tx.state.users.retain(|user| user.id != OWNER.id());
    tx
}

#[tokio::test]
async fn whoever_is_gone_gets_nothing() {
    let events =
        [registered(OWNER), wants_link(OWNER), wants_reset(OWNER), changed_password(OWNER)];
    for event in events {
        check(without_owner(), &event, expect![""]).await;
    }
}

#[tokio::test]
async fn the_previous_address_is_told_even_if_the_account_is_gone() {
    let event = has_address(OWNER, "before@example.com", "thief@example.com");
    check(without_owner(), &event, expect![[r#"
        identity.email_changed to "before@example.com" "" until whenever
        Your account at Perme8 has another address

        Hello,

        from now on your account at Perme8 has the e-mail address thief@example.com, and nothing about it is sent here any more.

        If it was not you who changed it, tell those who run Perme8.

        -- 
        Perme8 · https://perme8.example
    "#]]).await;
}

#[tokio::test]
async fn whose_account_was_deleted_is_told() {
    let email = Some(OWNER.email.to_owned().into());
    let gone = UserDeleted { user_id: OWNER.id(), email };
    check(without_owner(), &happened(&gone), expect![[r#"
        identity.account_deleted to "owner@example.com" "" until whenever
        Your account at Perme8 was deleted

        Hello,

        the account at Perme8 with this e-mail address was deleted, and nothing about it is sent here any more. If that was you, there is nothing left to do.

        If it was not you who deleted it, tell those who run Perme8.

        -- 
        Perme8 · https://perme8.example
    "#]]).await;
    // Whoever typed an address that nobody confirmed may be somebody else.
    let unproven = UserDeleted { user_id: OWNER.id(), email: None };
    check(company(), &happened(&unproven), expect![""]).await;
}
