//! An invitation waits for two weeks.

use std::time::Duration;

use scenarios::on_both_engines;

const DAY: Duration = Duration::from_hours(24);

on_both_engines! {
    async fn an_invitation_that_nobody_answered_expires(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        ada.invite(&slug, ben.email(), "member").await;
        scenario.run_until_idle().await;
        scenario.clock().advance(Duration::from_secs(14 * 86_400 - 1));
        assert_eq!(scenario.expire_invitations().await, 0);
        scenario.clock().advance(Duration::from_secs(1));

        let (ada, ben) = (ada.again().await, ben.again().await);
        let accept = format!("/api/workspaces/{slug}/invitations/accept");
        ben.post(&accept).await.is_refused(410, "invitation_expired");
        ben.post(&format!("/api/workspaces/{slug}/invitations/decline"))
            .await
            .is_refused(404, "invitation_not_found");
        assert!(ben.get("/api/me/invitations").await.is(200).list().is_empty());
        assert!(
            ada.get(&format!("/api/workspaces/{slug}/invitations")).await.is(200).list().is_empty()
        );
        assert_eq!(ben.unread().await, 1);

        assert_eq!(scenario.expire_invitations().await, 1);
        assert_eq!(scenario.expire_invitations().await, 0);
        scenario.run_until_idle().await;
        assert_eq!(ben.unread().await, 0);
        assert_eq!(ben.notifications().await[0]["action_taken"], "expired");
        ben.post(&accept).await.is_refused(404, "invitation_not_found");

        ada.invite(&slug, ben.email(), "guest").await;
        scenario.run_until_idle().await;
        assert_eq!(ben.unread().await, 1);
        ben.join(&slug).await;
    }

    async fn an_invitation_that_is_sent_again_waits_anew(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        let invitation = ada.invite(&slug, ben.email(), "member").await;
        scenario.clock().advance(10 * DAY);
        ada.post(&format!("/api/workspaces/{slug}/invitations/{invitation}/resend")).await.is(200);
        scenario.clock().advance(10 * DAY);
        assert_eq!(scenario.expire_invitations().await, 0);
        ben.again().await.join(&slug).await;
    }

    async fn an_overdue_invitation_makes_room_for_a_new_one(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        ada.invite(&slug, ben.email(), "member").await;
        scenario.run_until_idle().await;
        scenario.clock().advance(15 * DAY);
        let (ada, ben) = (ada.again().await, ben.again().await);
        ada.invite(&slug, ben.email(), "guest").await;
        scenario.run_until_idle().await;
        assert_eq!(scenario.expire_invitations().await, 0);
        assert_eq!(ben.told().await.len(), 2);
        assert_eq!(ben.unread().await, 1);
        ben.join(&slug).await;
        let members = ada.get(&format!("/api/workspaces/{slug}/members")).await.is(200);
        assert_eq!(members.list()[1]["role"], "guest");
    }
}
