//! Every method of the facade, asked by everybody: who may do what is written down in `AUTHORISATION.md`, and held.

use std::{fmt, sync::Arc};

use expect_test::expect_file;
use identity::{Slug, WorkspaceRef};
use perme8_events::{
    Origin, Save as _, StorageError, Transaction as _, UserId, WorkspaceId,
    testing::{Asker, Question, in_two_states, matrix, on_both_engines, questions},
};

use super::{
    Documents,
    rooms::tests::client::{Client, Told},
};
use crate::{
    CreateDocument, DocumentRef, EditNote, EditNoteError, ExportDocuments, ListDocuments, Move,
    NewContent, PurgeDocument, PurgeTrash, RestoreDocument, RestoreVersion, SearchDocuments,
    TrashDocument, UpdateDocument,
    application::{
        bursts,
        notes::Notes as _,
        ports::{MockMembers, MockProjectDirectory},
    },
    domain::{
        content::ContentHash,
        document::{Beginning, Document, Title},
        stored_note::NewNote,
    },
    testing::{ADMIN, GUEST, MEMBER, OWNER, STRANGER, Village, id},
};

/// A workspace with documents of its members, which nobody has touched yet.
struct World {
    documents: Documents,
    company: WorkspaceId,
}

/// A shared document and a private one of each, in use and in the trash.
const KINDS: [(&str, bool); 2] = [("shared", true), ("private", false)];

impl World {
    async fn new(documents: &Documents, number: u128) -> Self {
        let company = id(number);
        let made = documents.uow.run(system(), async |tx| {
            for (owner, owner_id) in [("owner", OWNER), ("member", MEMBER), ("guest", GUEST)] {
                for (kind, is_public) in KINDS {
                    for place in ["use", "trash"] {
                        let at = Beginning {
                            id: tx.new_id(),
                            note_id: tx.new_id(),
                            workspace_id: company,
                            project_id: None,
                            owner_id,
                            now: tx.now(),
                        };
                        let name = format!("{kind}-{owner}-{place}");
                        let title = Title::check(&name).expect("it is a title");
                        let slug = Slug::from_name(&name).expect("something is left of it");
                        let new = tx.save(Document::create(at, title, slug, is_public)).await?;
                        let note = NewNote {
                            id: new.note_id,
                            document_id: new.id,
                            workspace_id: company,
                            author: None,
                        };
                        tx.begin_note(&note).await?;
                        bursts::keep(tx, &new, "").await?;
                        if place == "trash"
                            && let Some(trashed) = new.trash(tx.now())
                        {
                            tx.save(trashed).await?;
                        }
                    }
                }
            }
            Ok::<_, StorageError>(())
        });
        made.await.unwrap();
        Self { documents: documents.clone(), company }
    }

    fn company(&self) -> WorkspaceRef {
        self.company.into()
    }

    fn at(&self, slug: &str) -> DocumentRef {
        DocumentRef { workspace: self.company(), slug: slug.to_owned() }
    }

    fn unchanged(&self, slug: &str) -> UpdateDocument {
        UpdateDocument {
            document: self.at(slug),
            title: None,
            is_public: None,
            is_pinned: None,
            project: None,
            content: None,
            seen: None,
        }
    }

    fn titled(&self, slug: &str) -> UpdateDocument {
        UpdateDocument { title: Some("Plans".to_owned()), ..self.unchanged(slug) }
    }

    fn written(&self, slug: &str) -> UpdateDocument {
        let seen_hash = Some(ContentHash::of("").as_str().to_owned());
        let content = Some(NewContent { text: "Plans".to_owned(), seen_hash });
        UpdateDocument { content, ..self.unchanged(slug) }
    }

    fn hidden(&self, slug: &str) -> UpdateDocument {
        UpdateDocument { is_public: Some(false), ..self.unchanged(slug) }
    }

    fn pinned(&self, slug: &str) -> UpdateDocument {
        UpdateDocument { is_pinned: Some(true), ..self.unchanged(slug) }
    }

    fn moved(&self, slug: &str) -> UpdateDocument {
        let project = Some(Move::Into("roadmap".to_owned()));
        UpdateDocument { project, ..self.unchanged(slug) }
    }

    fn trashed(&self, slug: &str) -> TrashDocument {
        TrashDocument { document: self.at(slug), seen: None }
    }

    fn restored(&self, slug: &str) -> RestoreDocument {
        RestoreDocument { document: self.at(slug), seen: None }
    }

    fn opened(&self, slug: &str) -> EditNote {
        EditNote { document: self.at(slug), only_reads: false }
    }

    /// Opens a note, and says an edit of it.
    async fn edit(&self, origin: Origin, command: EditNote) -> Result<(), Unwritten> {
        let editing = self.documents.edit(origin, command).await.map_err(Unwritten::NotOpened)?;
        let mut editor = Client::new(editing);
        editor.settle().await;
        editor.write("Plans\n").await;
        let told = editor.settle().await;
        let is_denied = told.iter().any(|told| matches!(told, Told::Denied(_)));
        if is_denied { Err(Unwritten::Denied) } else { Ok(()) }
    }

    fn said_again(&self, slug: &str) -> RestoreVersion {
        RestoreVersion { document: self.at(slug), number: 1, seen: None }
    }

    fn purged(&self, slug: &str) -> PurgeDocument {
        PurgeDocument { document: self.at(slug), seen: None }
    }
}

/// Why an editor does not write.
enum Unwritten {
    NotOpened(EditNoteError),
    Denied,
}

impl fmt::Debug for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpened(error) => error.fmt(f),
            Self::Denied => f.write_str("Denied"),
        }
    }
}

fn everything(trashed: bool) -> ListDocuments {
    ListDocuments { project: None, pinned: None, trashed, limit: 100, after: None }
}

fn looked_for() -> SearchDocuments {
    SearchDocuments { words: "shared".to_owned(), limit: 100, after: None }
}

fn user(user: UserId) -> Origin {
    Origin::user(user)
}

fn system() -> Origin {
    Origin::system("documents.matrix")
}

/// Who asks.
const ASKERS: [Asker<World>; 10] = [
    ("owner", |_| user(OWNER)),
    ("admin", |_| user(ADMIN)),
    ("member", |_| user(MEMBER)),
    ("guest", |_| user(GUEST)),
    ("stranger", |_| user(STRANGER)),
    ("nobody", |_| Origin::anonymous()),
    ("system", |_| system()),
    ("system for the member", |_| system().on_behalf_of_user(MEMBER)),
    ("system for a guest", |_| system().on_behalf_of_user(GUEST)),
    ("system for a stranger", |_| system().on_behalf_of_user(STRANGER)),
];

const HEAD: &str = "\
# Who may do what

Every method of the facade, asked by everybody who could ask; the roles are those in the workspace.
`cargo test -p documents` executes each cell on a workspace of its own and compares, so this file is true; `UPDATE_EXPECT=1` writes it.
`cargo xtask tidy` fails while a public method of the facade has no row here.

*yes* is done or answered, *nothing* is answered with nothing; everything else is the variant of the error.
*Denied* is what an editor is told that may see the document, for what it writes.
A document of the guest was made when that person was a member.
Whoever names several changes needs the right to each.

## In a workspace that is in use

";

const ARCHIVED: &str = "
## In an archived workspace

Only what differs.

";

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn everybody_may_what_is_written_down(test: TestDb) {
        let documents = |is_archived| {
            let members = MockMembers::everywhere(is_archived);
            Documents::new(test.db.clone(), members, MockProjectDirectory::with_roadmap())
                .with_surroundings(Arc::new(Village::new()))
        };
        let active = asked(&documents(false), 1_000).await;
        let archived = asked(&documents(true), 2_000).await;
        let text = in_two_states(HEAD, &active, ARCHIVED, &archived);
        expect_file!["../../AUTHORISATION.md"].assert_eq(&text);
    }
}

/// A line per method; worlds are numbered from `number` on.
async fn asked(documents: &Documents, mut number: u128) -> Vec<String> {
    let fresh = async || {
        number += 1;
        World::new(documents, number).await
    };
    matrix(&ASKERS, &rows(), fresh).await
}

fn rows() -> Vec<Question<World>> {
    let through_editors = questions! {
        world: World, origin => world;
        edit "and write, shared by the owner" (origin, world.opened("shared-owner-use"));
        edit "and write, shared by the member" (origin, world.opened("shared-member-use"));
        edit "and write, shared by the guest" (origin, world.opened("shared-guest-use"));
        edit "and write, private to the member" (origin, world.opened("private-member-use"));
        edit "and write, private to the guest" (origin, world.opened("private-guest-use"));
    };
    let of_the_facade = questions! {
        world: World, origin => world.documents;
        create_document(origin, CreateDocument {
            workspace: world.company(), project: None, title: "New".to_owned(), content: None, is_public: false,
        });
        may_create_document(&origin, &world.company(), None);
        may_create_document "in a project" (&origin, &world.company(), Some("roadmap"));
        document "shared by the owner" (&origin, &world.at("shared-owner-use"));
        document "private to the member" (&origin, &world.at("private-member-use"));
        document "in the trash of the member" (&origin, &world.at("shared-member-trash"));
        documents(&origin, &world.company(), everything(false));
        documents "in the trash" (&origin, &world.company(), everything(true));
        document_titles(&origin, &world.company(), None);
        may_search(&origin, &world.company());
        search(&origin, &world.company(), looked_for());
        export_documents "the own" (&origin, ExportDocuments { after: None, limit: 10 });
        update_document "the title, shared by the owner" (origin, world.titled("shared-owner-use"));
        update_document "the title, shared by the member" (origin, world.titled("shared-member-use"));
        update_document "the title, shared by the guest" (origin, world.titled("shared-guest-use"));
        update_document "the title, private to the member" (origin, world.titled("private-member-use"));
        update_document "the title, private to the guest" (origin, world.titled("private-guest-use"));
        update_document "the title, in the trash of the member" (origin, world.titled("shared-member-trash"));
        update_document "the text, shared by the member" (origin, world.written("shared-member-use"));
        update_document "the text, private to the member" (origin, world.written("private-member-use"));
        update_document "the project, shared by the member" (origin, world.moved("shared-member-use"));
        update_document "to private, shared by the owner" (origin, world.hidden("shared-owner-use"));
        update_document "to private, shared by the member" (origin, world.hidden("shared-member-use"));
        update_document "the pin, shared by the owner" (origin, world.pinned("shared-owner-use"));
        update_document "the pin, shared by the member" (origin, world.pinned("shared-member-use"));
        update_document "the pin, private to the member" (origin, world.pinned("private-member-use"));
        update_document "nothing, shared by the member" (origin, world.unchanged("shared-member-use"));
        may_update_document "shared by the owner" (&origin, &world.at("shared-owner-use"), false);
        may_update_document "shared by the member" (&origin, &world.at("shared-member-use"), false);
        may_update_document "the pin, shared by the member" (&origin, &world.at("shared-member-use"), true);
        may_update_document "private to the member" (&origin, &world.at("private-member-use"), false);
        may_update_document "in the trash of the member" (&origin, &world.at("shared-member-trash"), false);
        may_delete_document "shared by the member" (&origin, &world.at("shared-member-use"));
        may_delete_document "private to the member" (&origin, &world.at("private-member-use"));
        may_delete_document "in the trash of the member" (&origin, &world.at("shared-member-trash"));
        trash_document "shared by the owner" (origin, world.trashed("shared-owner-use"));
        trash_document "shared by the member" (origin, world.trashed("shared-member-use"));
        trash_document "shared by the guest" (origin, world.trashed("shared-guest-use"));
        trash_document "private to the member" (origin, world.trashed("private-member-use"));
        restore_document "shared by the owner" (origin, world.restored("shared-owner-trash"));
        restore_document "shared by the member" (origin, world.restored("shared-member-trash"));
        restore_document "shared by the guest" (origin, world.restored("shared-guest-trash"));
        restore_document "private to the member" (origin, world.restored("private-member-trash"));
        purge_document "shared by the owner" (origin, world.purged("shared-owner-trash"));
        purge_document "shared by the member" (origin, world.purged("shared-member-trash"));
        purge_document "shared by the guest" (origin, world.purged("shared-guest-trash"));
        purge_document "private to the member" (origin, world.purged("private-member-trash"));
        edit "shared by the owner" (origin, world.opened("shared-owner-use"));
        edit "private to the member" (origin, world.opened("private-member-use"));
        edit "in the trash of the member" (origin, world.opened("shared-member-trash"));
        versions "shared by the owner" (&origin, &world.at("shared-owner-use"));
        versions "private to the member" (&origin, &world.at("private-member-use"));
        versions "in the trash of the member" (&origin, &world.at("shared-member-trash"));
        version "shared by the owner" (&origin, &world.at("shared-owner-use"), 1);
        version "private to the member" (&origin, &world.at("private-member-use"), 1);
        version_difference "shared by the owner" (&origin, &world.at("shared-owner-use"), 1, None);
        version_difference "private to the member" (&origin, &world.at("private-member-use"), 1, None);
        restore_version "shared by the owner" (origin, world.said_again("shared-owner-use"));
        restore_version "shared by the member" (origin, world.said_again("shared-member-use"));
        restore_version "shared by the guest" (origin, world.said_again("shared-guest-use"));
        restore_version "private to the member" (origin, world.said_again("private-member-use"));
        restore_version "in the trash of the member" (origin, world.said_again("shared-member-trash"));
        purge_trash(origin, PurgeTrash { limit: 10 });
    };
    of_the_facade.into_iter().chain(through_editors).collect()
}
