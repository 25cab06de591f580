//! What the host is made of: its contexts, and everything that runs by itself.

use std::{sync::Arc, time::Duration};

use agents::{Agents, AskAgents, ReadingsGateway};
use chat::Chat;
use documents::Documents;
use erm::{Erm, ErmOptions};
use identity::{Identity, LinkRequests};
use llm::{Answers, ChatCompletions, Ledger, Llm, Models, Unconfigured};
use mail::{Mailbox, SendMail, Stationery};
use notifications::Notifications;
use perme8_events::{
    host::{NodeOptions, Operations, Runtime, RuntimeBuilder},
    sql::Db,
};
use projects::Projects;

use crate::{
    answer_surroundings::AnswerSurroundings,
    app::{
        error::AppError,
        options::{AppOptions, LlmOptions, MailOptions},
    },
    audit_log::AuditLog,
    catalogue::{CATALOGUES, MIGRATIONS},
    forgetting::{Forgetter, OnUserDeleted},
    note_surroundings::NoteSurroundings,
    onboarding::{Onboarding, welcomer::Welcomer},
    rate_limits::HostLimitStore,
    upkeep::{self, Upkeep},
};

#[cfg(feature = "testing")]
pub(super) fn new_identity(db: &Db, options: &AppOptions) -> Identity {
    if options.cheap_passwords {
        Identity::with_cheap_passwords(db.clone())
    } else {
        Identity::new(db.clone())
    }
}

#[cfg(not(feature = "testing"))]
pub(super) fn new_identity(db: &Db, _options: &AppOptions) -> Identity {
    Identity::new(db.clone())
}

/// What operators can do, for who runs no handlers: the program knows them all the same.
pub(crate) fn operations(db: &Db) -> Operations {
    let (identity, mail) = (Identity::new(db.clone()), MailOptions::default());
    let sending = SendMail::into_mailbox(mail.sender, db);
    let projects = Projects::new(db.clone(), projects_members(&identity));
    let documents = new_documents(db, &identity);
    let stationery = mail.stationery.clone();
    let welcomer = Welcomer::new(db, identity.directory(), projects, documents, stationery);
    let builder = Runtime::builder(db).process(Onboarding, welcomer);
    let builder = with_forgetting(builder, db, AppOptions::default().forget_after);
    let (llm, erm) = (LlmOptions::default(), new_erm(db, &identity, ErmOptions::default()));
    let runtime =
        with_handlers(builder, db, &identity, mail.stationery, sending, &llm, erm).build();
    Operations::of(&runtime, CATALOGUES)
}

pub(super) fn named(node: Option<String>) -> NodeOptions {
    let default = NodeOptions::default();
    NodeOptions { name: node.unwrap_or(default.name), lease: default.lease }
}

/// Who belongs where, for projects.
pub(super) fn projects_members(identity: &Identity) -> Arc<dyn projects::Members> {
    Arc::new(projects::IdentityGateway::new(identity.directory()))
}

/// What the members of workspaces write.
pub(super) fn new_documents(db: &Db, identity: &Identity) -> Documents {
    let directory = projects::Directory::new(db.clone());
    let projects = Arc::new(documents::ProjectsGateway::new(directory));
    Documents::new(db.clone(), documents_members(identity), projects)
}

/// Whom the members of workspaces ask.
pub(super) fn new_agents(db: &Db, identity: &Identity, models: &Models) -> Agents {
    Agents::new(db.clone(), agents_members(identity), models.clone())
}

/// Who belongs where, for agents.
fn agents_members(identity: &Identity) -> Arc<dyn agents::Members> {
    Arc::new(agents::IdentityGateway::new(identity.directory()))
}

/// What people talk about with a model.
pub(super) fn new_chat(db: &Db, identity: &Identity) -> Chat {
    let members = Arc::new(chat::IdentityGateway::new(identity.directory()));
    let projects = Arc::new(chat::ProjectsGateway::new(projects::Directory::new(db.clone())));
    Chat::new(db.clone(), members, projects)
}

/// What the members of workspaces know, as graphs.
pub(super) fn new_erm(db: &Db, identity: &Identity, options: ErmOptions) -> Erm {
    let members = Arc::new(erm::IdentityGateway::new(identity.directory()));
    Erm::new(db.clone(), members).with_options(options)
}

/// The same agents, asked.
pub(super) fn new_ask_agents(
    agents: &Agents,
    identity: &Identity,
    answers: &Answers,
    db: &Db,
) -> AskAgents {
    let projects = projects::Directory::new(db.clone());
    let documents = documents::Directory::new(db.clone());
    let readings = ReadingsGateway::new(identity.directory(), projects, documents);
    AskAgents::new(agents.clone(), Arc::new(readings), answers.clone())
}

/// The same conversations, answered.
pub(super) fn answered(chat: Chat, agents: &Agents, db: &Db, answers: Answers) -> Chat {
    let documents = chat::DocumentsGateway::new(documents::Directory::new(db.clone()));
    let agents = chat::AgentsGateway::new(agents.directory());
    chat.with_answers(answers, Arc::new(documents), Arc::new(agents))
}

/// Who belongs where, for documents.
fn documents_members(identity: &Identity) -> Arc<dyn documents::Members> {
    Arc::new(documents::IdentityGateway::new(identity.directory()))
}

/// The same, with notes that are open for editors.
#[cfg(feature = "testing")]
pub(super) fn open_for_editors(
    documents: Documents,
    surroundings: Arc<NoteSurroundings>,
    options: &AppOptions,
) -> Documents {
    match options.editors_told_early {
        Some(by) => documents.with_surroundings_told_early(surroundings, by),
        None => documents.with_surroundings(surroundings),
    }
}

#[cfg(not(feature = "testing"))]
pub(super) fn open_for_editors(
    documents: Documents,
    surroundings: Arc<NoteSurroundings>,
    _options: &AppOptions,
) -> Documents {
    documents.with_surroundings(surroundings)
}

/// Answers of the language model that is configured, within limits and with accounts.
pub(super) fn new_answers(
    db: &Db,
    surroundings: AnswerSurroundings,
    options: LlmOptions,
) -> Result<Answers, AppError> {
    let LlmOptions { provider, timeouts, limits, usage_kept: _ } = options;
    let model: Arc<dyn llm::LanguageModel> = match provider {
        Some((provider, models)) => Arc::new(ChatCompletions::new(provider, models, timeouts)?),
        None => Arc::new(Unconfigured),
    };
    Ok(Answers::new(Arc::new(Llm::new(model, db, limits)), Arc::new(surroundings)))
}

/// Who is who, for notifications.
fn notifications_directory(identity: &Identity) -> Arc<dyn notifications::Directory> {
    Arc::new(notifications::IdentityGateway::new(identity.directory()))
}

/// What people are told, with the names of today.
pub(super) fn new_notifications(db: &Db, identity: &Identity) -> Notifications {
    let projects = projects::Directory::new(db.clone());
    let projects = Arc::new(notifications::ProjectsGateway::new(projects));
    let (people, documents) = (notifications_directory(identity), notifications_documents(db));
    Notifications::new(db.clone(), people, projects, documents)
}

/// Who may see which documents, for notifications.
fn notifications_documents(db: &Db) -> Arc<dyn notifications::DocumentDirectory> {
    Arc::new(notifications::DocumentsGateway::new(documents::Directory::new(db.clone())))
}

/// The log forgets so long after the end of an account whose it was.
pub(super) fn with_forgetting(builder: RuntimeBuilder, db: &Db, after: Duration) -> RuntimeBuilder {
    builder.handler(OnUserDeleted::new(after)).worker(Forgetter::new(db))
}

/// Every durable handler, worker and schedule that no setting turns off. A handler that goes away is declared
/// `.retired("its.name")` here, a queue `.retired_queue("its.name")`.
///
/// The host has whatever belongs to a context whose tables it makes; what is called after another one belongs to another
/// program on the same database.
pub(super) fn with_handlers(
    builder: RuntimeBuilder,
    db: &Db,
    identity: &Identity,
    stationery: Stationery,
    sending: SendMail,
    llm: &LlmOptions,
    erm: Erm,
) -> RuntimeBuilder {
    let directory = notifications_directory(identity);
    let notifications = new_notifications(db, identity);
    let builder = builder
        .handler(identity::OnUserConfirmed)
        .handler(identity::OnWorkspaceRestored)
        .handler(identity.mailer(stationery.clone()))
        .handler(projects::OnWorkspaceDeleted)
        .handler(projects::OnUserDeleted)
        .handler(documents::OnBurstOver)
        .handler(documents::OnDeleted)
        .handler(agents::OnAccessLost)
        .handler(chat::OnGone)
        .handler(erm::OnWorkspaceDeleted)
        .handler(notifications::OnInvitation::new(Arc::clone(&directory)))
        .handler(notifications::OnWorkspaceActivity::new(
            Arc::clone(&directory),
            notifications_documents(db),
        ))
        .handler(notifications::OnAccessLost::new())
        .handler(notifications::OnUserDeleted::new())
        .handler(notifications::OnDigestDue::new(Arc::clone(&directory), stationery))
        .projection(AuditLog::new())
        .projection(documents::SearchIndex)
        .projection(erm::WorkspaceGraph)
        .worker(projects::Clearer::new(db.clone(), projects_members(identity)))
        .worker(documents::Clearer::new(db.clone(), documents_members(identity)))
        .worker(agents::Clearer::new(db.clone()))
        .worker(chat::Clearer::new(db.clone()))
        .worker(erm::Clearer::new(db.clone()))
        .worker(notifications::Announcer::new(db.clone(), directory, notifications_documents(db)))
        .worker(notifications::Clearer::new(db.clone()))
        .worker(chat::Closer::new(db.clone()))
        .schedule(chat::Closer::schedule())
        .worker(LinkRequests::new(identity.clone()))
        .worker(sending)
        .worker(Upkeep {
            identity: identity.clone(),
            documents: new_documents(db, identity),
            erm,
            ledger: Ledger::new(db.clone()),
            usage_kept: llm.usage_kept,
            // It gives no agent a model.
            agents: new_agents(db, identity, &Models::unknown()),
            mailbox: Mailbox::new(db.clone()),
            notifications,
            rate_limits: HostLimitStore::new(db),
            chat: new_chat(db, identity),
        });
    let builder = upkeep::schedules().into_iter().fold(builder, RuntimeBuilder::schedule);
    MIGRATIONS.iter().fold(builder, |builder, of| builder.owning(of.context))
}
