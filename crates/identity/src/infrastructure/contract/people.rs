//! People, their tokens and their sessions.

use super::*;

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    people_come_back_as_they_were_saved
    an_address_is_had_once
    whoever_is_gone_leaves_the_address_to_others
    a_stale_person_is_not_saved
    tokens_are_taken_once_and_in_time
    a_person_can_forget_all_tokens
    what_is_over_is_purged_up_to_a_limit
    sessions_are_ended_by_whom_they_belong_to
    sessions_are_ended_all_at_once
    sessions_are_refreshed_while_they_last
    tickets_are_taken_once_and_in_time
    tickets_end_with_their_session
    a_session_has_so_many_tickets
}

async fn people_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    assert_eq!(Load::<User>::load(tx, ada.id).await.unwrap().as_ref(), Some(&ada));
    assert_eq!(tx.user_by_email(&email("ADA")).await.unwrap().as_ref(), Some(&ada));
    let now = tx.now();
    let confirmed = Save::<User>::save(tx, ada.clone().confirm(None, now)).await.unwrap();
    assert_eq!(confirmed.version, ada.version + 1);
    assert_eq!(Load::<User>::load(tx, ada.id).await.unwrap(), Some(confirmed));
    assert_eq!(Load::<User>::load(tx, nobody()).await.unwrap(), None);
    assert_eq!(tx.user_by_email(&email("nobody")).await.unwrap(), None);
    tx.wait_for_turn(&email("ada")).await.unwrap();
    tx.wait_for_turn(&email("ada")).await.unwrap();
}

async fn an_address_is_had_once<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let new = NewUser {
        email: ada.email,
        first_name: "Another".to_owned(),
        last_name: "Ada".to_owned(),
        password_hash: None,
    };
    let (id, now) = (tx.new_id(), tx.now());
    assert!(is_conflict(Save::<User>::save(tx, User::register(id, new, now)).await));
}

async fn whoever_is_gone_leaves_the_address_to_others<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    Save::<User>::save(tx, ada.clone().delete()).await.unwrap();
    assert_eq!(Load::<User>::load(tx, ada.id).await.unwrap(), None);
    let ben = Save::<User>::save(tx, ben.move_to(ada.email.clone())).await.unwrap();
    assert_eq!(tx.user_by_email(&ada.email).await.unwrap(), Some(ben));
    assert!(is_conflict(Save::<User>::save(tx, ada.delete()).await));
}

async fn a_stale_person_is_not_saved<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let now = tx.now();
    Save::<User>::save(tx, ada.clone().confirm(None, now)).await.unwrap();
    assert!(is_conflict(Save::<User>::save(tx, ada.confirm(None, now)).await));
}

async fn tokens_are_taken_once_and_in_time<T: Ports>(tx: &mut T) {
    let ada = person(tx, "ada").await;
    let now = tx.now();
    let token = |number, expires_at| EmailToken {
        token_hash: TokenHash::new([number; 32]),
        purpose: TokenPurpose::ResetPassword,
        user_id: ada.id,
        sent_to: ada.email.clone(),
        expires_at,
    };
    let (late, good) = (token(1, now), token(2, now + TimeDelta::microseconds(1)));
    tx.keep_token(&late).await.unwrap();
    tx.keep_token(&good).await.unwrap();
    for (token, purpose, taken) in [
        (&late, TokenPurpose::ResetPassword, None),
        (&good, TokenPurpose::LogIn, None),
        (&good, TokenPurpose::ResetPassword, Some(&good)),
        (&good, TokenPurpose::ResetPassword, None),
    ] {
        assert_eq!(tx.take_token(&token.token_hash, purpose).await.unwrap().as_ref(), taken);
    }
}

async fn a_person_can_forget_all_tokens<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let now = tx.now();
    let token = |number, user: &User| {
        EmailToken::issue(
            TokenPurpose::LogIn,
            TokenHash::new([number; 32]),
            user.id,
            user.email.clone(),
            now,
        )
    };
    for token in [token(1, &ada), token(2, &ada), token(3, &ben)] {
        tx.keep_token(&token).await.unwrap();
    }
    tx.forget_tokens(ada.id).await.unwrap();
    for (number, found) in [(1, false), (2, false), (3, true)] {
        assert_eq!(
            tx.take_token(&TokenHash::new([number; 32]), TokenPurpose::LogIn)
                .await
                .unwrap()
                .is_some(),
            found,
            "{number}"
        );
    }
}

async fn sessions_are_ended_by_whom_they_belong_to<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let now = tx.now();
    let over = Session {
        expires_at: now,
        ..Session::begin(tx.new_id(), ada.id, TokenHash::new([1; 32]), now)
    };
    let session = Session::begin(tx.new_id(), ada.id, TokenHash::new([2; 32]), now);
    tx.begin_session(&over).await.unwrap();
    tx.begin_session(&session).await.unwrap();
    assert!(
        !tx.end_session(over.id, ada.id).await.unwrap(),
        "the next session clears what is over"
    );
    assert!(!tx.end_session(session.id, ben.id).await.unwrap());
    assert!(tx.end_session(session.id, ada.id).await.unwrap());
    assert!(!tx.end_session(session.id, ada.id).await.unwrap());
}

async fn sessions_are_refreshed_while_they_last<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let now = tx.now();
    let long_ago = now - TimeDelta::days(1);
    let client = Client::new("192.0.2.7", Some("Ünicode/1"));
    let session = Session::begin(tx.new_id(), ada.id, TokenHash::new([1; 32]), long_ago);
    let session = session.by(Some(client));
    tx.begin_session(&session).await.unwrap();
    tx.note_use(session.id).await.unwrap();
    assert!(!tx.refresh_session(session.id, ben.id).await.unwrap());
    assert_eq!(tx.session(session.id, ada.id).await.unwrap().as_ref(), Some(&session));
    assert!(tx.refresh_session(session.id, ada.id).await.unwrap());
    let refreshed = Session { authenticated_at: now, ..session };
    assert_eq!(tx.session(refreshed.id, ada.id).await.unwrap(), Some(refreshed));
    let over = Session::begin(tx.new_id(), ada.id, TokenHash::new([2; 32]), now);
    tx.begin_session(&Session { expires_at: now, ..over.clone() }).await.unwrap();
    assert!(!tx.refresh_session(over.id, ada.id).await.unwrap());
}

async fn sessions_are_ended_all_at_once<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "ada").await, person(tx, "ben").await);
    let now = tx.now();
    let mut sessions = Vec::new();
    for (number, user) in (1..).zip([&ada, &ada, &ada, &ben]) {
        let session = Session::begin(tx.new_id(), user.id, TokenHash::new([number; 32]), now);
        tx.begin_session(&session).await.unwrap();
        sessions.push(session);
    }
    assert_eq!(tx.session(sessions[0].id, ben.id).await.unwrap(), None);
    for (except, left) in
        [(Some(sessions[1].id), [false, true, false, true]), (None, [false, false, false, true])]
    {
        tx.end_sessions(ada.id, except).await.unwrap();
        for (session, left) in sessions.iter().zip(left) {
            let found = tx.session(session.id, session.user_id).await.unwrap();
            assert_eq!(found.as_ref(), left.then_some(session));
        }
    }
}

async fn what_is_over_is_purged_up_to_a_limit<T: Ports>(tx: &mut T) {
    let users = [person(tx, "ada").await, person(tx, "ben").await, person(tx, "cyd").await];
    let now = tx.now();
    for (number, user) in (1..).zip(&users) {
        let last = number == 3;
        let expires_at = if last { now + TimeDelta::microseconds(1) } else { now };
        let token_hash = TokenHash::new([number; 32]);
        let session = Session::begin(tx.new_id(), user.id, token_hash.clone(), now);
        tx.begin_session(&Session { expires_at, ..session }).await.unwrap();
        let (user_id, sent_to) = (user.id, user.email.clone());
        let purpose = TokenPurpose::LogIn;
        let token = EmailToken { token_hash, purpose, user_id, sent_to, expires_at };
        tx.keep_token(&token).await.unwrap();
    }
    assert_eq!((tx.purge_sessions(0).await.unwrap(), tx.purge_tokens(0).await.unwrap()), (0, 0));
    for purged in [1, 1, 0] {
        assert_eq!(tx.purge_sessions(1).await.unwrap(), purged);
        assert_eq!(tx.purge_tokens(1).await.unwrap(), purged);
    }
    assert!(tx.take_token(&TokenHash::new([3; 32]), TokenPurpose::LogIn).await.unwrap().is_some());
}

/// A session of Ada's, and what makes tickets of it.
async fn session_of_ada<T: Ports>(tx: &mut T) -> (Session, impl Fn(u8) -> Ticket + use<T>) {
    let ada = person(tx, "ada").await;
    let now = tx.now();
    let session = Session::begin(tx.new_id(), ada.id, TokenHash::new([0; 32]), now);
    tx.begin_session(&session).await.unwrap();
    let id = session.id;
    (session, move |number| Ticket::of(TokenHash::new([number; 32]), id, ada.id, now))
}

async fn tickets_are_taken_once_and_in_time<T: Ports>(tx: &mut T) {
    let (session, ticket) = session_of_ada(tx).await;
    let ben = person(tx, "ben").await;
    let now = tx.now();
    assert!(!tx.keep_ticket(&Ticket { user_id: ben.id, ..ticket(1) }).await.unwrap());
    let of_no_session = Ticket { session_id: tx.new_id(), ..ticket(1) };
    assert!(!tx.keep_ticket(&of_no_session).await.unwrap());
    assert_eq!(tx.take_ticket(&ticket(1).token_hash).await.unwrap(), None);
    assert!(tx.keep_ticket(&Ticket { expires_at: now, ..ticket(1) }).await.unwrap());
    assert_eq!(tx.take_ticket(&ticket(1).token_hash).await.unwrap(), None);
    assert_eq!(tx.purge_tickets(0).await.unwrap(), 0);
    assert_eq!(tx.purge_tickets(9).await.unwrap(), 1);
    assert!(tx.keep_ticket(&ticket(2)).await.unwrap());
    assert_eq!(tx.take_ticket(&ticket(2).token_hash).await.unwrap(), Some(session.id));
    assert_eq!(tx.take_ticket(&ticket(2).token_hash).await.unwrap(), None);
}

async fn tickets_end_with_their_session<T: Ports>(tx: &mut T) {
    let (session, ticket) = session_of_ada(tx).await;
    tx.keep_ticket(&ticket(1)).await.unwrap();
    assert!(tx.end_session(session.id, session.user_id).await.unwrap());
    assert_eq!(tx.take_ticket(&ticket(1).token_hash).await.unwrap(), None);
    assert!(!tx.keep_ticket(&ticket(2)).await.unwrap());
}

async fn a_session_has_so_many_tickets<T: Ports>(tx: &mut T) {
    let (session, ticket) = session_of_ada(tx).await;
    let most = u8::try_from(TICKETS).unwrap();
    for number in 0..=most {
        let ticket = ticket(number);
        let later = TimeDelta::microseconds(number.into());
        let expires_at = ticket.expires_at + later;
        assert!(tx.keep_ticket(&Ticket { expires_at, ..ticket }).await.unwrap());
    }
    for number in 0..=most {
        let taken = tx.take_ticket(&ticket(number).token_hash).await.unwrap();
        assert_eq!(taken, (number > 0).then_some(session.id), "{number}");
    }
}
