//! Answers and losses are remembered.

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

    async fn the_latest_loss_counts(tx: &mut impl Ports) {
        assert_eq!(tx.last_loss(ADA, ACME).await.unwrap(), Position::START);
        for position in [5, 9, 7] {
            tx.remember_loss(ADA, ACME, Position::new(position)).await.unwrap();
        }
        assert_eq!(tx.last_loss(ADA, ACME).await.unwrap(), Position::new(9));
        assert_eq!(tx.last_loss(BOB, ACME).await.unwrap(), Position::START);
        assert_eq!(tx.last_loss(ADA, id(2)).await.unwrap(), Position::START);
    }
}
