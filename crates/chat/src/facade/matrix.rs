//! Every method of the facade, asked by everybody: who may do what is written down in `AUTHORISATION.md`, and held.

use expect_test::expect_file;
use perme8_events::{
    Actor, Origin, Save as _, StorageError, Transaction as _, Unsaved, UserId, WorkspaceId,
    testing::{Asker, Question, matrix, on_both_engines, questions},
};

use super::Chat;
use crate::{
    CancelAnswer, CreateSession, DeleteMessage, DeleteSession, ExportMessages, Hearing,
    ListMessages, ListSessions, MessageId, NamedDocument, Reconcile, RenameSession, SearchMessages,
    SendMessage, Span,
    application::ports::Messages as _,
    domain::{
        message::Message,
        references::ChatSessionId,
        session::{Beginning, Session},
    },
    testing::{ADA, COMPANY, ELSEWHERE, STRANGER, chat as company_chat, model, says},
};

/// Three sessions of Ada, which nobody has touched yet, each with a message.
struct World {
    chat: Chat,
    alone: (ChatSessionId, MessageId),
    there: (ChatSessionId, MessageId),
    lost: (ChatSessionId, MessageId),
}

impl World {
    async fn new(chat: &Chat) -> Self {
        Self {
            chat: chat.clone(),
            alone: begun(chat, None).await,
            there: begun(chat, Some(COMPANY)).await,
            lost: begun(chat, Some(ELSEWHERE)).await,
        }
    }

    /// Somebody who wants to hear a message.
    fn hearing(&self, origin: &Origin, place: (ChatSessionId, MessageId)) -> Hearing {
        Hearing::of(self.chat.clone(), origin.clone(), place, None)
    }
}

/// A session of Ada, and what she said there.
async fn begun(chat: &Chat, workspace_id: Option<WorkspaceId>) -> (ChatSessionId, MessageId) {
    let begun = chat.uow.run(system(), async |tx| {
        let (id, now) = (tx.new_id(), tx.now());
        let at =
            Beginning { id, user_id: ADA, workspace_id, project_id: None, agent_id: None, now };
        let session = tx.save(Session::start(at, None)).await?;
        let message = Message::said(tx.new_id(), session.id, ADA, 1, "Hello".to_owned(), now);
        tx.add_message(&message).await?;
        let said = Session { last_number: 1, message_count: 1, ..session };
        let session = tx.save(Unsaved::new(said)).await?;
        Ok::<_, StorageError>((session.id, message.id))
    });
    begun.await.unwrap()
}

fn user(user: UserId) -> Origin {
    Origin::user(user)
}

fn system() -> Origin {
    Origin::system("chat.matrix")
}

/// Who asks.
const ASKERS: [Asker<World>; 7] = [
    ("owner", |_| user(ADA)),
    ("key of the owner", |_| system().of(Actor::ApiKey { id: ADA.uuid(), user: ADA })),
    ("somebody else", |_| user(STRANGER)),
    ("nobody", |_| Origin::anonymous()),
    ("system", |_| system()),
    ("system for the owner", |_| system().on_behalf_of_user(ADA)),
    ("system for somebody else", |_| system().on_behalf_of_user(STRANGER)),
];

const HEAD: &str = "\
# Who may do what

Every method of the facade, asked by the owner of a session and by everybody else.
The owner belongs to the workspace *there* and has lost another one; somebody else belongs to neither.
Roles do not matter: what people talk about is theirs.
`cargo test -p chat` executes each cell on sessions of its own and compares, so this file is true; `UPDATE_EXPECT=1` writes it.
`cargo xtask tidy` fails while a public method of the facade has no row here.

*yes* is done or answered, *nothing* is answered with nothing; everything else is the variant of the error.

";

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn everybody_may_what_is_written_down(test: TestDb) {
        let chat = company_chat(test.db.clone(), false, &model("They turn."));
        let lines = matrix(&ASKERS, &rows(), async || World::new(&chat).await).await;
        let archived = company_chat(test.db.clone(), true, &model("They turn."));
        let archived = matrix(&ASKERS, &rows_there(), async || World::new(&archived).await).await;
        let text = format!("{HEAD}{}\n{ARCHIVED}{}\n", lines.join("\n"), archived.join("\n"));
        expect_file!["../../AUTHORISATION.md"].assert_eq(&text);
    }
}

const ARCHIVED: &str = "
## While the workspace is archived

";

const MESSAGES: ListMessages = ListMessages { limit: 9, span: Span::End };

fn nameless(workspace: Option<WorkspaceId>) -> CreateSession {
    CreateSession { workspace: workspace.map(Into::into), project: None, title: None }
}

/// The same of a document of the company.
fn of_gears(session: ChatSessionId) -> SendMessage {
    let document = NamedDocument { workspace: Some(COMPANY.into()), slug: "gears".to_owned() };
    SendMessage { document: Some(document), ..says(session, "How?") }
}

fn cancels(session: ChatSessionId) -> CancelAnswer {
    CancelAnswer { session, answer: None }
}

fn renamed(session: ChatSessionId) -> RenameSession {
    RenameSession { session, title: "Mills".to_owned(), seen: None }
}

fn of(workspace: Option<WorkspaceId>) -> ListSessions {
    ListSessions { workspace: workspace.map(Into::into), limit: 9, after: None }
}

fn rows() -> Vec<Question<World>> {
    let mut rows: Vec<Question<World>> = questions! {
        world: World, origin => world.chat;
        create_session "in no workspace" (origin, nameless(None));
        create_session "elsewhere" (origin, nameless(Some(ELSEWHERE)));
        session "in no workspace" (&origin, world.alone.0);
        session "lost" (&origin, world.lost.0);
        sessions "of the own" (&origin, of(None));
        sessions "elsewhere" (&origin, of(Some(ELSEWHERE)));
        messages "in no workspace" (&origin, world.alone.0, MESSAGES);
        messages "lost" (&origin, world.lost.0, MESSAGES);
        search_messages "of the own" (&origin, SearchMessages { words: "hello".to_owned(), limit: 9, after: None });
        export_messages "of the own" (&origin, ExportMessages { limit: 9, after: None });
        message "in no workspace" (&origin, world.alone.0, world.alone.1);
        message "lost" (&origin, world.lost.0, world.lost.1);
        send_message "in no workspace" (origin, says(world.alone.0, "How?"));
        send_message "in no workspace, of a document" (origin, of_gears(world.alone.0));
        send_message "lost" (origin, says(world.lost.0, "How?"));
        cancel_answer "in no workspace" (origin, cancels(world.alone.0));
        cancel_answer "lost" (origin, cancels(world.lost.0));
        rename_session "in no workspace" (origin, renamed(world.alone.0));
        rename_session "lost" (origin, renamed(world.lost.0));
        delete_message "in no workspace" (origin, DeleteMessage { session: world.alone.0, message: world.alone.1 });
        delete_message "lost" (origin, DeleteMessage { session: world.lost.0, message: world.lost.1 });
        delete_session "in no workspace" (origin, DeleteSession { session: world.alone.0, seen: None });
        delete_session "lost" (origin, DeleteSession { session: world.lost.0, seen: None });
        reconcile(origin, Reconcile { after: None, limit: 9 });
    }
    .into();
    rows.extend(questions! {
        world: World, origin => world.hearing(&origin, world.alone);
        next "in no workspace" ();
        end "in no workspace" ();
    });
    rows.extend(questions! {
        world: World, origin => world.hearing(&origin, world.lost);
        next "lost" ();
        end "lost" ();
    });
    rows.extend(rows_there());
    rows
}

/// What is asked of the workspace to which the owner belongs.
fn rows_there() -> Vec<Question<World>> {
    questions! {
        world: World, origin => world.chat;
        create_session "there" (origin, nameless(Some(COMPANY)));
        session "there" (&origin, world.there.0);
        sessions "there" (&origin, of(Some(COMPANY)));
        messages "there" (&origin, world.there.0, MESSAGES);
        message "there" (&origin, world.there.0, world.there.1);
        send_message "there" (origin, says(world.there.0, "How?"));
        send_message "there, of a document" (origin, of_gears(world.there.0));
        cancel_answer "there" (origin, cancels(world.there.0));
        rename_session "there" (origin, renamed(world.there.0));
        delete_message "there" (origin, DeleteMessage { session: world.there.0, message: world.there.1 });
        delete_session "there" (origin, DeleteSession { session: world.there.0, seen: None });
    }
    .into()
}
