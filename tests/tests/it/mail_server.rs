//! Mails that go out through a server.

use mail::testing::{MailServer, Misdeed, Stage, Taken};
use scenarios::{Scenario, on_both_engines};
use serde_json::{Value, json};

const QUEUE: &str = "/admin/queues/mail.outgoing";

/// A mail server that does this, and a host that sends its mails there.
async fn server(scenario: &mut Scenario, misdeed: Misdeed) -> MailServer {
    let server = MailServer::that(misdeed).await;
    scenario.send_mails_through(&server).await;
    server
}

/// Somebody registers, and what follows from it is done.
async fn registered(scenario: &mut Scenario, name: &str) {
    scenario.register(name).await;
    scenario.run_until_idle().await;
}

/// The only mail to this name, its lines as they were before they were made ready for the wire.
fn mail_to(server: &MailServer, name: &str) -> String {
    let taken = server.taken();
    let to = format!("MAIL FROM:<noreply@perme8.invalid>, RCPT TO:<{name}@example.com>");
    let mails: Vec<&Taken> = taken.iter().filter(|taken| taken.envelope == to).collect();
    let [mail] = mails[..] else { panic!("{} mails to {name}: {taken:?}", mails.len()) };
    mail.message.replace("\r\n..", "\r\n.").replace("=\r\n", "").replace("=3D", "=")
}

/// The only job of the queue in this state.
async fn job(scenario: &Scenario, state: &str) -> Value {
    let path = format!("/admin/jobs?queue=mail.outgoing&state={state}");
    let answer = scenario.operator().get(&path).await.is(200);
    let [job] = answer.list() else { panic!("{:?}", answer.list()) };
    job.clone()
}

fn at(job: &Value, act: &str) -> String {
    format!("/admin/jobs/{}{act}", job["job_id"].as_str().expect("jobs have ids"))
}

on_both_engines! {
    async fn a_mail_arrives_once_and_its_link_logs_in(scenario: &mut Scenario) {
        let server = server(scenario, Misdeed::None).await;
        registered(scenario, "ada").await;
        let mail = mail_to(&server, "ada");
        scenario.restart().await;
        scenario.run_until_idle().await;
        assert_eq!(mail_to(&server, "ada"), mail, "still the only one");
        assert!(scenario.mails("ada").await.is_empty(), "the mailbox is for hosts without a server");
        let link = mail.lines().find(|line| line.starts_with("http")).expect("it has a link");
        let token = link.split_once("/login/").expect("it logs in").1.split('?').next();
        let proof = json!({ "token": token, "password": scenario.stranger().password() });
        scenario.stranger().post("/api/sessions").json(proof).await.is(201);
    }

    async fn a_mail_that_was_put_off_arrives_once(scenario: &mut Scenario) {
        let server = server(scenario, Misdeed::Says(Stage::To, "451 come back later")).await;
        scenario.go_live().await;
        scenario.register("ada").await;
        let tried = async || server.heard().iter().any(|line| line.starts_with("RCPT"));
        scenarios::eventually("the server has put it off", tried).await;
        server.now(Misdeed::None);
        scenarios::eventually("the mail is there", async || !server.taken().is_empty()).await;
        mail_to(&server, "ada");
    }

    async fn a_refused_mail_is_sent_once_an_operator_has_it_tried_again(scenario: &mut Scenario) {
        let server = server(scenario, Misdeed::Says(Stage::To, "550 nobody here")).await;
        registered(scenario, "ada").await;
        let dead = job(scenario, "dead").await;
        assert!(dead["error"].as_str().is_some_and(|error| error.contains("nobody here")), "{dead}");
        assert_eq!(scenario.left().await, ["mail.outgoing: 0 waiting, 0 running, 1 dead"]);
        let operator = scenario.operator();
        let shown = operator.get(&at(&dead, "")).await.is(200);
        assert!(shown.data()["payload"].is_null(), "it holds a token");
        operator.post(&at(&dead, "/cancel")).await.is_refused(409, "has_ended");
        server.now(Misdeed::None);
        operator.post(&at(&dead, "/retry")).header("x-operator", "ada").await.is(204);
        scenario.run_until_idle().await;
        mail_to(&server, "ada");
        assert_eq!(job(scenario, "done").await["job_id"], dead["job_id"]);
        for act in ["/retry", "/discard"] {
            operator.post(&at(&dead, act)).await.is_refused(409, "not_dead");
        }
        let log = scenario.log().await;
        let acted = log.iter().rfind(|event| event.event_type == "perme8_events.operator_acted");
        let acted: Value = serde_json::from_str(acted.unwrap().data.get()).unwrap();
        assert_eq!((&acted["operator"], &acted["action"]), (&json!("http:ada"), &json!("retry")));
        assert_eq!(acted["detail"], format!("job {}", dead["job_id"].as_str().unwrap()));
    }

    async fn a_mail_is_called_off_or_given_up_by_an_operator(scenario: &mut Scenario) {
        let server = server(scenario, Misdeed::Says(Stage::To, "550 nobody here")).await;
        let operator = scenario.operator();
        scenario.run_until_idle().await;
        operator.post(&format!("{QUEUE}/pause")).await.is(200);
        registered(scenario, "ada").await;
        assert_eq!(scenario.left().await, ["mail.outgoing: 1 waiting, 0 running, 0 dead"]);
        let waiting = job(scenario, "waiting").await;
        operator.post(&at(&waiting, "/discard")).await.is_refused(409, "not_dead");
        operator.post(&at(&waiting, "/cancel")).await.is(204);
        operator.post(&format!("{QUEUE}/resume")).await.is(200);
        registered(scenario, "ben").await;
        let dead = job(scenario, "dead").await;
        operator.post(&at(&dead, "/discard")).await.is(204);
        server.now(Misdeed::None);
        scenario.run_until_idle().await;
        assert!(server.taken().is_empty(), "{:?}", server.taken());
        operator.post(&format!("{QUEUE}/dead-jobs/retry")).await.is_refused(409, "no_dead_jobs");
        let cancelled = operator.get("/admin/jobs?queue=mail.outgoing&state=cancelled").await.is(200);
        assert_eq!(cancelled.list().len(), 2);
        assert!(scenario.left().await.is_empty());
    }
}
