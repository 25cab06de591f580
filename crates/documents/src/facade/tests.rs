//! What callers need of every future of the facade.

use super::*;
use crate::application::read_models::{ExportDocuments, ListDocuments};

/// Compiles only if every future of the facade can be moved between threads, as the HTTP server needs it.
#[expect(dead_code, reason = "the compiler is the test")]
fn futures_are_send(
    documents: &Documents,
    origin: &Origin,
    document: &DocumentRef,
    asked: ListDocuments,
    commands: (CreateDocument, UpdateDocument, TrashDocument, RestoreDocument, PurgeDocument),
) {
    fn send<T: Send>(_: T) {}
    send(documents.create_document(origin.clone(), commands.0));
    send(documents.update_document(origin.clone(), commands.1));
    send(documents.trash_document(origin.clone(), commands.2));
    send(documents.restore_document(origin.clone(), commands.3));
    send(documents.purge_document(origin.clone(), commands.4));
    send(documents.purge_trash(origin.clone(), PurgeTrash { limit: 1 }));
    send(documents.may_create_document(origin, &document.workspace, None));
    send(documents.may_update_document(origin, document));
    send(documents.document(origin, document));
    send(documents.documents(origin, &document.workspace, asked));
    send(documents.document_titles(origin, &document.workspace, None));
    send(documents.export_documents(origin, ExportDocuments { after: None, limit: 1 }));
}
