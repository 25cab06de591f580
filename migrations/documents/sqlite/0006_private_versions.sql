-- Whoever may see a document sees its versions, but those that were kept while it was not shared: they stay with whose it was.
ALTER TABLE documents_note_versions ADD COLUMN private_to BLOB;

-- Of those that are there nobody knows it.
UPDATE documents_note_versions SET private_to = (
    SELECT document.owner_id FROM documents_notes note
    JOIN documents_documents document ON document.id = note.document_id
    WHERE note.note_id = documents_note_versions.note_id
);
