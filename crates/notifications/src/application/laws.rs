//! What holds in whatever order, and however often, events are delivered.

use std::collections::BTreeSet;

use expect_test::expect;
use perme8_events::{
    Actor, Envelope,
    testing::{FakeTx, envelope},
};

use crate::{
    application::{
        on_access_lost::OnAccessLost,
        on_invitation::OnInvitation,
        on_workspace_activity::OnWorkspaceActivity,
        ports::{MockDirectory, MockDocumentDirectory},
    },
    domain::{action::NotificationAction, notification::Notification},
    testing::{
        ADA, BOB, CAROL, DAVE, Memory, declined, deliver, demoted, expired, id, invited, joined,
        left, removed, revoked, short,
    },
};

/// What one invitation can lead to: the question, and each of the four ends.
fn question_and_answers() -> [(Envelope, Option<NotificationAction>); 5] {
    [
        (envelope(1, Actor::User(BOB), &invited(3)), None),
        (envelope(2, Actor::User(DAVE), &joined(3)), Some(NotificationAction::Accepted)),
        (envelope(3, Actor::User(DAVE), &declined()), Some(NotificationAction::Declined)),
        (envelope(4, Actor::User(ADA), &revoked()), Some(NotificationAction::Revoked)),
        (
            envelope(5, Actor::System("identity.expiry".into()), &expired()),
            Some(NotificationAction::Expired),
        ),
    ]
}

/// Every sequence of so many numbers below `bound`.
fn sequences(length: usize, bound: usize) -> Vec<Vec<usize>> {
    (0..length).fold(vec![Vec::new()], |shorter, _| {
        let longer = shorter
            .iter()
            .flat_map(|sequence| (0..bound).map(|next| [sequence.as_slice(), &[next]].concat()));
        longer.collect()
    })
}

#[tokio::test]
async fn an_invitation_leaves_at_most_one_notification_which_is_closed_if_and_only_if_there_was_an_answer()
 {
    let events = question_and_answers();
    let handler = OnInvitation::new(MockDirectory::acme().shared());
    for sequence in (0..=5).flat_map(|length| sequences(length, events.len())) {
        let mut tx = FakeTx::new(Memory::default());
        for step in &sequence {
            deliver(&handler, &mut tx, &events[*step].0).await;
        }
        let first_answer = sequence.iter().find_map(|step| events[*step].1);
        let was_asked_first = sequence.first() == Some(&0);
        let left: Vec<&Notification> = tx.state.notifications().collect();
        assert_eq!(left.len(), usize::from(was_asked_first), "{sequence:?}");
        for question in left {
            assert_eq!(question.taken.map(|taken| taken.action), first_answer, "{sequence:?}");
        }
        let transcript = tx.transcript();
        let expected =
            usize::from(was_asked_first) + usize::from(was_asked_first && first_answer.is_some());
        assert_eq!(transcript.lines().count(), expected, "{sequence:?}\n{transcript}");
    }
}

/// Dave comes, is removed, and is invited again; meanwhile others leave. Positions count from one.
fn a_year_at_acme() -> Vec<Envelope> {
    let ada = || Actor::User(ADA);
    vec![
        envelope(1, Actor::User(BOB), &invited(3)),
        envelope(2, Actor::User(DAVE), &joined(3)),
        envelope(3, Actor::User(CAROL), &left(CAROL)),
        envelope(4, ada(), &demoted(DAVE)),
        envelope(5, ada(), &removed(DAVE)),
        envelope(6, Actor::User(id(14)), &left(id(14))),
        envelope(7, Actor::User(BOB), &invited(4)),
        envelope(8, Actor::User(DAVE), &joined(4)),
    ]
}

/// The deliveries that must keep an order among themselves: positions, by handler and key.
const QUEUES: [&[usize]; 4] = [&[1, 2], &[7, 8], &[2, 3, 4, 5, 6], &[5]];

/// Every order in which the queues can be emptied, as numbers of queues.
fn interleavings(left: [usize; 4], done: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
    if left == [0; 4] {
        all.push(done.clone());
    }
    for queue in 0..left.len() {
        if left[queue] > 0 {
            let mut rest = left;
            rest[queue] -= 1;
            done.push(queue);
            interleavings(rest, done, all);
            done.pop();
        }
    }
}

/// Who is left with what, ids and times aside.
fn remainder(state: &Memory) -> BTreeSet<String> {
    let line = |notification: &Notification| {
        let Notification { user_id, notification_type, source, taken, .. } = notification;
        let action = taken.map_or("open", |taken| taken.action.as_str());
        format!(
            "{} {notification_type} of {} ({action})",
            short(&user_id.to_string()),
            source.position
        )
    };
    state.notifications().map(line).collect()
}

/// The handlers run independently of each other. Their facts are the worst that a late reader can meet: Dave, who came
/// back as an admin, counts as a manager throughout.
#[tokio::test]
async fn handlers_reach_the_same_end_however_they_overtake_each_other() {
    let directory = MockDirectory::with_managers(&[ADA, BOB, DAVE]).shared();
    let invitations = OnInvitation::new(directory.clone());
    let activity = OnWorkspaceActivity::new(directory, MockDocumentDirectory::empty());
    let events = a_year_at_acme();
    let mut orders = Vec::new();
    interleavings(QUEUES.map(<[usize]>::len), &mut Vec::new(), &mut orders);
    assert_eq!(orders.len(), 7560);
    let mut ends = BTreeSet::new();
    for order in orders {
        let mut tx = FakeTx::new(Memory::default());
        let mut next = [0; QUEUES.len()];
        for queue in order {
            let event = &events[QUEUES[queue][next[queue]] - 1];
            next[queue] += 1;
            match queue {
                0 | 1 => deliver(&invitations, &mut tx, event).await,
                2 => deliver(&activity, &mut tx, event).await,
                _ => deliver(&OnAccessLost::new(), &mut tx, event).await,
            }
        }
        ends.insert(remainder(&tx.state));
    }
    assert_eq!(ends.len(), 1, "{ends:#?}");
    let end: Vec<_> = ends.into_iter().flatten().map(|line| line + "\n").collect();
    expect![[r#"
        #a workspace_member_joined of 2 (open)
        #a workspace_member_left of 3 (open)
        #a workspace_member_left of 6 (open)
        #b workspace_member_joined of 2 (open)
        #b workspace_member_left of 3 (open)
        #b workspace_member_left of 6 (open)
        #d workspace_invitation of 7 (accepted)
        #d workspace_member_left of 6 (open)
        #d workspace_member_removed of 5 (open)
    "#]]
    .assert_eq(&end.concat());
}

#[tokio::test]
async fn whatever_is_delivered_again_changes_nothing() {
    let directory = MockDirectory::with_managers(&[ADA, BOB, DAVE]).shared();
    let invitations = OnInvitation::new(directory.clone());
    let activity = OnWorkspaceActivity::new(directory, MockDocumentDirectory::empty());
    let mut tx = FakeTx::new(Memory::default());
    let mut after = Vec::new();
    for _ in 0..2 {
        for event in &a_year_at_acme() {
            deliver(&invitations, &mut tx, event).await;
            deliver(&activity, &mut tx, event).await;
            deliver(&OnAccessLost::new(), &mut tx, event).await;
        }
        after.push((remainder(&tx.state), tx.transcript()));
    }
    assert_eq!(after[0], after[1]);
}
