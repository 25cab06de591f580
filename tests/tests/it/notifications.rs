//! What people are told, wherever they read it.

use scenarios::on_both_engines;

on_both_engines! {
    async fn a_link_leads_its_reader_somewhere(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen & Oak").await;
        let ben = scenario.member(&ada, &slug, "ben", "admin").await;
        let cleo = scenario.user("cleo").await;
        ben.invite(&slug, cleo.email(), "guest").await;
        scenario.run_until_idle().await;
        let [asked] = &cleo.notifications().await[..] else { panic!("one question") };
        assert_eq!(asked["link"]["kind"], "invitation");
        let page = asked["link"]["path"].as_str().unwrap();
        cleo.visit(page).await.shows(200, "Lumen &amp; Oak");
        cleo.post(&format!("/api/workspaces/{slug}/invitations/decline")).await.is(204);
        ada.set_role(&slug, ben.email(), "member").await;
        ada.set_role(&slug, ben.email(), "admin").await;
        scenario.run_until_idle().await;
        let mut kinds = Vec::new();
        for reader in [&ada, &ben] {
            for told in reader.notifications().await {
                reader.get(told["link"]["path"].as_str().unwrap()).await.is(200);
                kinds.push(told["link"]["kind"].as_str().unwrap().to_owned());
            }
        }
        kinds.sort();
        kinds.dedup();
        assert_eq!(kinds, ["invitations", "members", "workspace"]);
    }
}
