//! What a new workspace is given, where the host is told to give something.

use scenarios::on_both_engines;

on_both_engines! {
    async fn the_owner_of_a_new_workspace_is_welcomed_once(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        ada.found("Before").await;
        scenario.set_up_workspaces().await;
        let ada = ada.again().await;
        ada.found("Lumen & <Oak>").await;
        let mails = scenario.mails("ada").await;
        let welcome: Vec<_> = mails.iter().filter(|mail| mail.kind == "perme8.welcome").collect();
        let [welcome] = welcome[..] else { panic!("{} welcomes", welcome.len()) };
        assert_eq!(welcome.subject, "Lumen & <Oak> is ready");
        assert!(welcome.html.contains("Lumen &amp; &lt;Oak&gt;"), "{}", welcome.html);
        let log = scenario.log().await;
        let done = log.iter().find(|event| event.event_type == "perme8_events.job_done").unwrap();
        assert_eq!(done.on_behalf_of.map(|id| id.to_string()), Some(ada.id().to_owned()));

        // It stays done when everything is told again, and after a restart without it.
        scenario.restart().await;
        assert_eq!(scenario.mails("ada").await.len(), mails.len());
    }

    async fn nobody_is_welcomed_where_nobody_asked_for_it(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        ada.found("Lumen").await;
        assert!(scenario.mails("ada").await.iter().all(|mail| mail.kind != "perme8.welcome"));
    }
}
