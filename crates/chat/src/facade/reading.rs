//! What is read of sessions, page by page.

use std::{collections::BTreeSet, time::Duration};

use perme8_events::{
    Origin, Save as _, StorageError, Transaction as _, WorkspaceId,
    sql::UnitOfWork,
    testing::{TestDb, on_both_engines},
};

use super::Chat;
use crate::{
    ChatSessionId, ExportMessages, FoundMessages, ListMessages, ListSessions, MessagesPage,
    SearchMessages, Span,
    application::{ports::Messages as _, searching::SCANNED},
    domain::{
        message::Message,
        session::{Beginning, Session},
    },
    testing::{ADA, COMPANY, ELSEWHERE, MILL, STRANGER, chat as company_chat, model},
};

fn chat(test: &TestDb) -> Chat {
    company_chat(test.db.clone(), false, &model("They turn."))
}

/// A session of Ada in which this was said, a second after whatever was before.
async fn said(test: &TestDb, at: Option<WorkspaceId>, texts: &[&str]) -> ChatSessionId {
    test.clock.advance(Duration::from_secs(1));
    let uow = UnitOfWork::new(test.db.clone());
    let begun = uow.run(Origin::system("chat.reading"), async |tx| {
        let (id, now, project_id) = (tx.new_id(), tx.now(), at.map(|_| MILL));
        let at = Beginning { id, user_id: ADA, workspace_id: at, project_id, agent_id: None, now };
        let session = tx.save(Session::start(at, None)).await?;
        for (number, text) in (1..).zip(texts) {
            let (id, content) = (tx.new_id(), (*text).to_owned());
            tx.add_message(&Message::said(id, session.id, ADA, number, content, now)).await?;
        }
        Ok::<_, StorageError>(session.id)
    });
    begun.await.unwrap()
}

fn numbers(page: &MessagesPage) -> (Vec<i64>, Option<i64>, Option<i64>) {
    let numbers = page.messages.iter().map(|message| message.number).collect();
    (numbers, page.before, page.after)
}

fn places(found: &FoundMessages) -> Vec<(ChatSessionId, i64, &str)> {
    let messages = found.messages.iter();
    messages.map(|found| (found.session_id, found.number, found.excerpt.as_str())).collect()
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn sessions_are_listed_in_pages_the_latest_first(test: TestDb) {
        let (chat, ada) = (chat(&test), Origin::user(ADA));
        let alone = said(&test, None, &[&"How do mills work? ".repeat(9)]).await;
        said(&test, Some(ELSEWHERE), &["A secret"]).await;
        let there = said(&test, Some(COMPANY), &[]).await;
        let list = async |workspace: Option<WorkspaceId>, after| {
            let asked = ListSessions { workspace: workspace.map(Into::into), limit: 1, after };
            chat.sessions(&ada, asked).await.unwrap()
        };
        let first = list(None, None).await;
        let [latest] = &first.sessions[..] else { panic!("one session") };
        assert_eq!((latest.id, &latest.preview), (there, &None));
        let around = latest.workspace.as_ref().zip(latest.project.as_ref()).unwrap();
        assert_eq!((around.0.slug.as_str(), around.1.slug.as_str()), ("acme", "mill"));
        let second = list(None, first.next).await;
        let [earlier] = &second.sessions[..] else { panic!("one session") };
        let preview = earlier.preview.as_deref().unwrap();
        assert_eq!((earlier.id, preview.chars().count(), preview.ends_with("...")), (alone, 100, true));
        assert_eq!(second.next, None);
        let in_company = list(Some(COMPANY), None).await;
        assert_eq!((in_company.sessions[0].id, in_company.next), (there, None));
        let of_strangers = ListSessions { workspace: None, limit: 9, after: None };
        assert_eq!(chat.sessions(&Origin::user(STRANGER), of_strangers).await.unwrap().sessions, []);
    }

    async fn messages_are_read_backwards_and_forwards(test: TestDb) {
        let (chat, ada) = (chat(&test), Origin::user(ADA));
        let session = said(&test, None, &["1", "2", "3", "4", "5"]).await;
        let page = async |span| {
            let asked = ListMessages { limit: 2, span };
            numbers(&chat.messages(&ada, session, asked).await.unwrap())
        };
        assert_eq!(page(Span::End).await, (vec![4, 5], Some(4), None));
        assert_eq!(page(Span::Before(4)).await, (vec![2, 3], Some(2), Some(3)));
        assert_eq!(page(Span::Before(2)).await, (vec![1], None, Some(1)));
        assert_eq!(page(Span::After(0)).await, (vec![1, 2], None, Some(2)));
        assert_eq!(page(Span::After(3)).await, (vec![4, 5], Some(4), None));
        assert_eq!(page(Span::Before(1)).await, (vec![], None, None));
    }

    async fn everything_that_was_said_is_exported_oldest_first(test: TestDb) {
        let (chat, ada) = (chat(&test), Origin::user(ADA));
        let first = said(&test, None, &["One"]).await;
        said(&test, Some(ELSEWHERE), &["A secret"]).await;
        let second = said(&test, Some(COMPANY), &["Two"]).await;
        let export = async |after| {
            let page = chat.export_messages(&ada, ExportMessages { limit: 1, after }).await.unwrap();
            let said = page.messages.into_iter().map(|said| (said.session_id, said.content));
            (said.collect::<Vec<_>>(), page.next)
        };
        let (page, next) = export(None).await;
        assert_eq!(page, [(first, "One".to_owned())]);
        assert_eq!(export(next).await, (vec![(second, "Two".to_owned())], None));
    }

    async fn what_is_out_of_reach_is_not_there(test: TestDb) {
        let ada = Origin::user(ADA);
        let alone = said(&test, None, &["Mills"]).await;
        let there = said(&test, Some(COMPANY), &["Mills"]).await;
        let acme = BTreeSet::from(["acme".to_owned()]);
        for (reached, ids) in [(None, vec![there, alone]), (Some(acme), vec![there, alone]), (Some(BTreeSet::new()), vec![alone])] {
            let chat = chat(&test).within(reached);
            let page = chat.sessions(&ada, ListSessions { workspace: None, limit: 9, after: None }).await.unwrap();
            assert_eq!(page.sessions.iter().map(|session| session.id).collect::<Vec<_>>(), ids);
            let named = ListSessions { workspace: Some(COMPANY.into()), limit: 9, after: None };
            assert_eq!(chat.sessions(&ada, named).await.is_ok(), ids.contains(&there));
            assert_eq!(chat.session(&ada, there).await.is_ok(), ids.contains(&there));
            let words = SearchMessages { words: "mills".to_owned(), limit: 9, after: None };
            assert_eq!(chat.search_messages(&ada, words).await.unwrap().messages.len(), ids.len());
            let all = ExportMessages { limit: 9, after: None };
            assert_eq!(chat.export_messages(&ada, all).await.unwrap().messages.len(), ids.len());
        }
    }

    async fn words_are_found_in_any_letter_case_newest_first(test: TestDb) {
        let (chat, ada) = (chat(&test), Origin::user(ADA));
        let first = said(&test, None, &["Die Straße zur Mühle", "Looms"]).await;
        said(&test, Some(ELSEWHERE), &["Another STRASSE with a mühle"]).await;
        let second = said(&test, Some(COMPANY), &["mühle, Straße"]).await;
        let search = async |words: &str, limit, after| {
            let asked = SearchMessages { words: words.to_owned(), limit, after };
            chat.search_messages(&ada, asked).await.unwrap()
        };
        let page = search("MÜHLE strasse", 1, None).await;
        assert_eq!(places(&page), [(second, 1, "mühle, Straße")]);
        let page = search("MÜHLE strasse", 1, page.next).await;
        assert_eq!((places(&page), page.next), (vec![(first, 1, "Die Straße zur Mühle")], None));
        assert_eq!(search("gears", 9, None).await.messages, []);
    }

    async fn a_search_says_where_it_goes_on(test: TestDb) {
        let (chat, ada) = (chat(&test), Origin::user(ADA));
        let first = said(&test, None, &["mill"]).await;
        let many = vec!["loom"; usize::try_from(SCANNED).unwrap()];
        said(&test, None, &many).await;
        let search = async |after| {
            let asked = SearchMessages { words: "mill".to_owned(), limit: 9, after };
            chat.search_messages(&ada, asked).await.unwrap()
        };
        let nothing_yet = search(None).await;
        assert_eq!((places(&nothing_yet), nothing_yet.next.is_some()), (vec![], true));
        let rest = search(nothing_yet.next).await;
        assert_eq!((places(&rest), rest.next), (vec![(first, 1, "mill")], None));
    }
}
