//! What callers need of every future of the facade.

use super::*;
use crate::SearchDocuments;
use crate::application::{
    edit_note::EditNote,
    read_models::{ExportDocuments, ListDocuments},
    restore_version::RestoreVersion,
};

/// Compiles only if every future of the facade can be moved between threads, as the HTTP server needs it.
#[expect(dead_code, reason = "the compiler is the test")]
fn futures_are_send(
    documents: &Documents,
    origin: &Origin,
    document: &DocumentRef,
    asked: ListDocuments,
    searched: SearchDocuments,
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
    send(documents.may_update_document(origin, document, false));
    send(documents.may_delete_document(origin, document));
    send(documents.document(origin, document));
    send(documents.documents(origin, &document.workspace, asked));
    send(documents.may_search(origin, &document.workspace));
    send(documents.search(origin, &document.workspace, searched));
    send(documents.document_titles(origin, &document.workspace, None));
    send(documents.export_documents(origin, ExportDocuments { after: None, limit: 1 }));
    let edit = EditNote { document: document.clone(), only_reads: true };
    send(documents.edit(origin.clone(), edit));
    send(documents.versions(origin, document));
    send(documents.version(origin, document, 1));
    send(documents.version_difference(origin, document, 2, None));
    let restore = RestoreVersion { document: document.clone(), number: 1, seen: None };
    send(documents.restore_version(origin.clone(), restore));
}
