//! The graph of what is in a workspace: its projects, documents and members, as everybody sees them.

use scenarios::{Persona, Scenario, on_both_engines};
use serde_json::{Value, json};

/// A workspace and who is in it.
struct Lumen {
    slug: String,
    at: String,
    ada: Persona,
    ben: Persona,
}

impl Lumen {
    async fn found(scenario: &mut Scenario) -> Self {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let at = format!("/api/v1/workspaces/{}", ada.graph_of(&slug).await);
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        Self { slug, at, ada, ben }
    }

    /// An address of the graph.
    fn to(&self, path: &str) -> String {
        let first = if path.contains('?') { '&' } else { '?' };
        format!("{}/{path}{first}graph=workspace", self.at)
    }

    /// What there is of a type, as somebody sees it: what it is called, and its id.
    async fn there(&self, person: &Persona, of_type: &str) -> Vec<(String, String)> {
        let answer = person.get(&self.to(&format!("entities?type={of_type}"))).await.is(200);
        let found: Vec<_> = answer.list().iter().map(known).collect();
        assert_eq!(answer.body()["meta"]["total"], found.len(), "{}", answer.body());
        found
    }

    /// What is so many steps from a node, as somebody sees it: how many nodes and edges.
    async fn around(&self, person: &Persona, start: &str, depth: u8) -> (usize, usize) {
        let path = self.to(&format!("traverse?start_id={start}&depth={depth}"));
        let answer = person.get(&path).await.is(200);
        let count = |what: &str| answer.data()[what].as_array().expect("it is a list").len();
        (count("nodes"), count("edges"))
    }
}

/// What a node is called, and its id.
fn known(node: &Value) -> (String, String) {
    let properties = &node["properties"];
    let name = properties["name"].as_str().or_else(|| properties["title"].as_str());
    let id = node["id"].as_str().expect("every node has an id");
    (name.expect("every node is called something").to_owned(), id.to_owned())
}

fn names(found: &[(String, String)]) -> Vec<&str> {
    found.iter().map(|(name, _)| &**name).collect()
}

on_both_engines! {
    async fn a_project_is_told_to_the_others_and_appears_in_the_graph(scenario: &mut Scenario) {
        let lumen = Lumen::found(scenario).await;
        let Lumen { slug, ada, ben, .. } = &lumen;
        ben.begin(slug, "Lamps").await;
        scenario.run_until_idle().await;
        assert_eq!(ada.notifications().await[0]["title"], "Lamps was created");
        let projects = lumen.there(ada, "project").await;
        assert_eq!(names(&projects), ["Lamps"]);
        let [(_, lamps)] = &*projects else { panic!("there is one") };
        let near = ada.get(&lumen.to(&format!("entities/{lamps}/neighbors"))).await.is(200);
        assert_eq!((near.list().len(), &near.list()[0]["id"]), (1, &json!(ben.id())));
        let shown = ada.get(&lumen.to(&format!("entities/{lamps}"))).await.is(200);
        assert_eq!(shown.data()["properties"]["slug"], "lamps");
        // Nothing of it is written by anybody, so it is nowhere else.
        let own = ada.get(&format!("{}/entities/{lamps}", lumen.at)).await;
        assert_eq!(own.status(), 404);
        assert_eq!(ada.get(&format!("{}/entities?graph=other", lumen.at)).await.status(), 422);
    }

    async fn documents_are_in_the_graph_of_those_who_see_them(scenario: &mut Scenario) {
        let lumen = Lumen::found(scenario).await;
        let Lumen { slug, ada, ben, .. } = &lumen;
        ada.begin(slug, "Lamps").await;
        let plans = json!({"title": "Plans", "visibility": "private", "project_slug": "lamps"});
        let at = ben.write(slug, plans).await;
        scenario.run_until_idle().await;
        assert_eq!(names(&lumen.there(ben, "document").await), ["Plans"]);
        assert!(lumen.there(ada, "document").await.is_empty());
        let lamps = lumen.there(ada, "project").await[0].1.clone();
        assert_eq!(lumen.around(ben, &lamps, 2).await, (4, 3));
        assert_eq!(lumen.around(ada, &lamps, 2).await, (2, 1));
        let plans = lumen.there(ben, "document").await[0].1.clone();
        for path in [format!("entities/{plans}"), format!("entities/{plans}/neighbors")] {
            ben.get(&lumen.to(&path)).await.is(200);
            assert_eq!(ada.get(&lumen.to(&path)).await.status(), 404);
        }
        ben.patch(&at).json(json!({"visibility": "public"})).await.is(200);
        scenario.run_until_idle().await;
        assert_eq!(lumen.around(ada, &lamps, 2).await, (4, 3));
        let ways = lumen.to(&format!("entities/{lamps}/paths/{}?depth=2", ben.id()));
        assert_eq!(ada.get(&ways).await.is(200).list().len(), 1);
        // What is hidden again is hidden before anybody is told of it.
        ben.patch(&at).json(json!({"visibility": "private"})).await.is(200);
        assert_eq!(ada.get(&lumen.to(&format!("entities/{plans}"))).await.status(), 404);
        assert_eq!(lumen.around(ada, &lamps, 2).await, (2, 1));
        assert!(ada.get(&ways).await.is(200).list().is_empty());
        ben.delete(&at).await.is(204);
        assert_eq!(ben.get(&lumen.to(&format!("entities/{plans}"))).await.status(), 404);
    }

    async fn members_and_workspaces_that_go_leave_the_graph(scenario: &mut Scenario) {
        let lumen = Lumen::found(scenario).await;
        let Lumen { slug, ada, ben, .. } = &lumen;
        let shared = json!({"title": "Plans", "visibility": "public"});
        ben.write(slug, shared).await;
        scenario.run_until_idle().await;
        let authored = lumen.to("edges?type=authored");
        assert_eq!(ada.get(&authored).await.is(200).list().len(), 1);
        assert_eq!(lumen.there(ada, "member").await.len(), 2);
        ben.delete("/api/me").await.is(204);
        scenario.run_until_idle().await;
        assert_eq!(lumen.there(ada, "member").await.len(), 1);
        let left = ada.get(&authored).await.is(200);
        assert_eq!((left.list().len(), &left.list()[0]["source_id"]), (1, &json!(ada.id())));
        ada.delete(&format!("/api/workspaces/{slug}")).await.is(204);
        scenario.run_until_idle().await;
        assert_eq!(ada.get(&lumen.to("entities")).await.status(), 404);
    }
}
