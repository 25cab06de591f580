//! Documents that an index of searches follows when a test says so.

use expect_test::Expect;
use identity::Slug;
use perme8_events::{
    Actor, Envelope, Load, Origin, Save as _, StorageError, Transaction as _, UserId, WorkspaceId,
    sql,
    sql::{Generation, Tx, UnitOfWork},
    testing::{TestDb, apply, envelope},
};

use crate::{
    application::{
        contents::Opened,
        notes::Notes as _,
        searching::{FoundPlace, Hit, SearchDocuments},
    },
    domain::{
        document::{Beginning, Document, Particulars, Title},
        events::DocumentVisibilityChanged,
        policy::Reach,
        references::DocumentId,
        search::query::SearchQuery,
        stored_note::NewNote,
    },
    infrastructure::{document_queries::Looking, search_index::SearchIndex, search_queries::find},
    testing::{COMPANY, MEMBER, id},
};

/// Documents in a database, and an index of them.
pub(super) struct World {
    pub(super) test: TestDb,
    uow: UnitOfWork,
}

/// A document that everybody sees, or nobody but its owner.
#[derive(Clone, Copy)]
pub(super) enum Shown {
    Shared,
    Hidden,
}

const fn document(number: u128) -> DocumentId {
    id(1000 + number)
}

impl World {
    pub(super) fn new(test: TestDb) -> Self {
        Self { uow: UnitOfWork::new(test.db.clone()), test }
    }

    /// Begins a document of the member, which the index has not read yet.
    pub(super) async fn begin(
        &self,
        number: u128,
        workspace_id: WorkspaceId,
        shown: Shown,
        title: &str,
        text: &str,
    ) {
        let begun = self.uow.run(Origin::user(MEMBER), async |tx| {
            let note_id = tx.new_id();
            let at = Beginning {
                id: document(number),
                note_id,
                workspace_id,
                project_id: None,
                owner_id: MEMBER,
                now: tx.now(),
            };
            let slug = Slug::from_name(&format!("document {number}")).expect("it has letters");
            let title = Title::check(title).expect("it is proper");
            let document = Document::create(at, title, slug, matches!(shown, Shown::Shared));
            let document = tx.save(document).await?;
            let author = Some(MEMBER);
            tx.begin_note(&NewNote { id: note_id, document_id: document.id, workspace_id, author })
                .await?;
            write(tx, &document, text).await;
            Ok::<_, StorageError>(())
        });
        begun.await.unwrap();
    }

    /// Lets the member do something with a document, which the index has not read then.
    pub(super) async fn change(&self, number: u128, change: impl AsyncFnOnce(&mut Tx, Document)) {
        let changed = self.uow.run(Origin::user(MEMBER), async |tx| {
            let document = Load::<Document>::load(tx, document(number)).await?;
            change(tx, document.expect("it was begun")).await;
            Ok::<_, StorageError>(())
        });
        changed.await.unwrap();
    }

    /// Hides a document, or shares it.
    pub(super) async fn show(&self, number: u128, shown: Shown) {
        self.change(number, async |tx, document| {
            let is_public = matches!(shown, Shown::Shared);
            let particulars = Particulars { is_public, ..document.particulars() };
            tx.save(document.update(particulars, tx.now()).expect("it is another")).await.unwrap();
        })
        .await;
    }

    /// The index reads these documents.
    pub(super) async fn follow(&self, numbers: impl IntoIterator<Item = u128>) {
        let events: Vec<Envelope> = numbers.into_iter().map(changed).collect();
        let applied = self.uow.run(Origin::system(SearchIndex::NAME), async |tx| {
            apply(tx, &SearchIndex, Generation::FIRST, &events)
                .await
                .expect("every event can be applied");
            Ok::<_, StorageError>(())
        });
        applied.await.unwrap();
    }

    /// A page of what somebody finds in a workspace: titles, with `*` where every word is in the title.
    pub(super) async fn page(
        &self,
        (user, workspace): (UserId, WorkspaceId),
        asked: &SearchDocuments,
    ) -> (Vec<String>, Option<FoundPlace>) {
        let index = self.test.db.read_model(SearchIndex::NAME).await.unwrap();
        let query = SearchQuery::parse(&asked.words).expect("there are words");
        let looking = Looking { workspace, user, reach: Reach { own: true, shared: true } };
        let (hits, next) = find(&index, looking, &query, asked).await.unwrap();
        let title = |hit: &Hit| {
            format!("{}{}", hit.document.title, if hit.matched.in_title { "*" } else { "" })
        };
        (hits.iter().map(title).collect(), next)
    }

    pub(super) async fn found_by(&self, user: UserId, words: &str) -> Vec<String> {
        let asked = SearchDocuments { words: words.to_owned(), limit: 100, after: None };
        self.page((user, COMPANY), &asked).await.0
    }

    pub(super) async fn check(&self, words: &str, expected: &Expect) {
        expected.assert_eq(&self.found_by(MEMBER, words).await.join(", "));
    }

    /// What an engine keeps beside the entries is what follows from them.
    pub(super) async fn check_words(&self) {
        let checked = self.uow.run(Origin::system(SearchIndex::NAME), async |tx| {
            let check = sql!(
                sqlite: "INSERT INTO documents_search_words (documents_search_words, rank) VALUES ('integrity-check', 1)",
                postgres: "SELECT 1"
            );
            tx.query(check).exec().await
        });
        checked.await.unwrap();
    }

    /// The text of a document, as the index has it.
    pub(super) async fn text_of(&self, number: u128) -> String {
        let text = sql!(
            "SELECT said.text FROM documents_search_texts AS said
             JOIN documents_search_entries AS entry ON entry.entry = said.entry WHERE entry.document_id = $1"
        );
        self.test.db.query(text).bind(document(number)).scalar().await.unwrap()
    }

    /// Changes whenever an engine writes words.
    pub(super) async fn writes_of_words(&self) -> String {
        let writes = sql!(
            sqlite: "SELECT hex(block) FROM documents_search_words_data WHERE id = 10",
            postgres: "SELECT string_agg(ctid::text || xmin::text, ' ') FROM documents_search_texts"
        );
        self.test.db.query(writes).scalar().await.unwrap()
    }

    pub(super) async fn entries(&self) -> i64 {
        let entries = sql!("SELECT count(*) FROM documents_search_entries");
        self.test.db.query(entries).scalar().await.unwrap()
    }
}

fn changed(number: u128) -> Envelope {
    let event = DocumentVisibilityChanged {
        document_id: document(number),
        workspace_id: COMPANY,
        user_id: MEMBER,
        is_public: true,
    };
    envelope(1, Actor::User(MEMBER), &event)
}

pub(super) async fn write(tx: &mut Tx, document: &Document, text: &str) {
    let opened = Opened::of(tx, document).await.unwrap();
    opened.write(tx, MEMBER, text).await.expect("the note takes it");
}
