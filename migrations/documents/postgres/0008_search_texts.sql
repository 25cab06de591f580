-- The version with which a document was shared or hidden last. What was read of it before is for whose it is alone.
ALTER TABLE documents_documents ADD COLUMN shared_since bigint NOT NULL DEFAULT 1;

-- Those that are there count as shared since the index has read them so.
UPDATE documents_documents SET shared_since = coalesce(
    (SELECT min(entry.version) FROM documents_search_entries AS entry
     WHERE entry.document_id = documents_documents.id AND entry.is_public),
    version
);

-- What an entry says stands apart from it: a search looks at many entries, and at the texts of a page.
CREATE TABLE documents_search_texts (
    entry bigint PRIMARY KEY REFERENCES documents_search_entries (entry) ON DELETE CASCADE,
    title_words tsvector NOT NULL,
    words tsvector NOT NULL,
    text text NOT NULL
);

INSERT INTO documents_search_texts (entry, title_words, words, text)
SELECT entry, title_words, words, text FROM documents_search_entries;

CREATE INDEX documents_search_texts_words ON documents_search_texts USING gin (words);

DROP INDEX documents_search_entries_words;
ALTER TABLE documents_search_entries
    DROP COLUMN is_public, DROP COLUMN title_words, DROP COLUMN words, DROP COLUMN text;
