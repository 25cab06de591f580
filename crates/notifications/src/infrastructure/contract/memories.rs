//! Answers and losses are remembered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use perme8_events::Position;

use super::{Ports, contracts};
use crate::{
    domain::action::NotificationAction,
    testing::{ACME, ADA, BOB, id},
};

contracts! {
    async fn the_first_answer_stands(tx: &mut impl Ports) {
        assert_eq!(tx.answer(id(1)).await.unwrap(), None);
        tx.remember_answer(id(1), NotificationAction::Declined).await.unwrap();
        tx.remember_answer(id(1), NotificationAction::Revoked).await.unwrap();
        assert_eq!(tx.answer(id(1)).await.unwrap(), Some(NotificationAction::Declined));
        assert_eq!(tx.answer(id(2)).await.unwrap(), None);
    }

    async fn answers_are_remembered_up_to_an_instant(tx: &mut impl Ports) {
        let now = tx.now();
        for number in [1, 2] {
            tx.remember_answer(id(number), NotificationAction::Declined).await.unwrap();
        }
        assert_eq!(tx.purge_answers(now - TimeDelta::microseconds(1), 9).await.unwrap(), 0);
        assert_eq!(tx.purge_answers(now, 1).await.unwrap(), 1);
        assert_eq!(tx.purge_answers(now, 9).await.unwrap(), 1);
        assert_eq!(tx.answer(id(1)).await.unwrap(), None);
    }

    async fn who_is_gone_is_remembered_up_to_an_instant(tx: &mut impl Ports) {
        let now = tx.now();
        assert_eq!(tx.who_is_gone(&[ADA, BOB]).await.unwrap(), BTreeSet::new());
        for _ in 0..2 {
            tx.forget_person(ADA).await.unwrap();
        }
        tx.forget_person(id(2)).await.unwrap();
        for _ in 0..2 {
            assert_eq!(tx.who_is_gone(&[ADA, BOB]).await.unwrap(), BTreeSet::from([ADA]));
        }
        assert_eq!(tx.purge_gone(now - TimeDelta::microseconds(1), 9).await.unwrap(), 0);
        assert_eq!(tx.purge_gone(now, 1).await.unwrap(), 1);
        assert_eq!(tx.purge_gone(now, 9).await.unwrap(), 1);
        assert_eq!(tx.who_is_gone(&[ADA, BOB]).await.unwrap(), BTreeSet::new());
    }

    async fn the_latest_loss_counts(tx: &mut impl Ports) {
        let nobody = BTreeMap::from([(ADA, Position::START), (BOB, Position::START)]);
        assert_eq!(tx.last_losses(&[ADA, BOB], ACME).await.unwrap(), nobody);
        for position in [5, 9, 7] {
            tx.remember_loss(Some(ADA), ACME, Position::new(position)).await.unwrap();
        }
        let lost = BTreeMap::from([(ADA, Position::new(9)), (BOB, Position::START)]);
        assert_eq!(tx.last_losses(&[ADA, BOB], ACME).await.unwrap(), lost);
        assert_eq!(tx.last_losses(&[ADA, BOB], id(2)).await.unwrap(), nobody);
    }

    async fn what_everybody_lost_anybody_lost(tx: &mut impl Ports) {
        tx.remember_loss(Some(ADA), ACME, Position::new(5)).await.unwrap();
        tx.remember_loss(None, ACME, Position::new(7)).await.unwrap();
        tx.remember_loss(Some(BOB), ACME, Position::new(9)).await.unwrap();
        let losses = tx.last_losses(&[ADA, BOB, id(2)], ACME).await.unwrap();
        let [of_everybody, of_bob] = [7, 9].map(Position::new);
        let expected = [(ADA, of_everybody), (BOB, of_bob), (id(2), of_everybody)];
        assert_eq!(losses, expected.into());
        let elsewhere = tx.last_losses(&[ADA], id(2)).await.unwrap();
        assert_eq!(elsewhere, [(ADA, Position::START)].into());
    }
}
