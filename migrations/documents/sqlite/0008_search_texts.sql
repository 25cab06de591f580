-- The version with which a document was shared or hidden last. What was read of it before is for whose it is alone.
ALTER TABLE documents_documents ADD COLUMN shared_since INTEGER NOT NULL DEFAULT 1;

-- Those that are there count as shared since the index has read them so.
UPDATE documents_documents SET shared_since = coalesce(
    (SELECT min(entry.version) FROM documents_search_entries AS entry
     WHERE entry.document_id = documents_documents.id AND entry.is_public),
    version
);

-- What an entry says stands apart from it: a search looks at many entries, and at the texts of a page.
CREATE TABLE documents_search_texts (
    entry INTEGER PRIMARY KEY NOT NULL REFERENCES documents_search_entries (entry) ON DELETE CASCADE,
    title_words TEXT NOT NULL,
    words TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;

INSERT INTO documents_search_texts (entry, title_words, words, text)
SELECT entry, title_words, words, text FROM documents_search_entries;

DROP TRIGGER documents_search_entries_inserted;
DROP TRIGGER documents_search_entries_deleted;
DROP TRIGGER documents_search_entries_updated;
DROP TABLE documents_search_words;
ALTER TABLE documents_search_entries DROP COLUMN is_public;
ALTER TABLE documents_search_entries DROP COLUMN title_words;
ALTER TABLE documents_search_entries DROP COLUMN words;
ALTER TABLE documents_search_entries DROP COLUMN text;

-- The index of the words, which triggers keep. Its tokenizer cuts at every ASCII character that is no letter and no digit, and
-- makes ASCII capitals small; words have neither, but for the blanks between them.
CREATE VIRTUAL TABLE documents_search_words USING fts5 (
    title_words, words, content = 'documents_search_texts', content_rowid = 'entry', tokenize = 'ascii', detail = 'column'
);
INSERT INTO documents_search_words (documents_search_words) VALUES ('rebuild');

CREATE TRIGGER documents_search_texts_inserted AFTER INSERT ON documents_search_texts BEGIN
    INSERT INTO documents_search_words (rowid, title_words, words) VALUES (new.entry, new.title_words, new.words);
END;

CREATE TRIGGER documents_search_texts_deleted AFTER DELETE ON documents_search_texts BEGIN
    INSERT INTO documents_search_words (documents_search_words, rowid, title_words, words)
    VALUES ('delete', old.entry, old.title_words, old.words);
END;

CREATE TRIGGER documents_search_texts_updated AFTER UPDATE ON documents_search_texts
WHEN old.title_words <> new.title_words OR old.words <> new.words BEGIN
    INSERT INTO documents_search_words (documents_search_words, rowid, title_words, words)
    VALUES ('delete', old.entry, old.title_words, old.words);
    INSERT INTO documents_search_words (rowid, title_words, words) VALUES (new.entry, new.title_words, new.words);
END;
