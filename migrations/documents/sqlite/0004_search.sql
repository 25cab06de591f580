-- What searches find: a row for each document, in the generations of a read model. It goes with its document, whoever deletes
-- that. `is_public`, `version` and `head` are those of the document and of its note that were read; `title_words` and `words`
-- are made by the program, with a blank between each two.
CREATE TABLE documents_search_entries (
    entry INTEGER PRIMARY KEY NOT NULL,
    generation INTEGER NOT NULL,
    document_id BLOB NOT NULL REFERENCES documents_documents (id) ON DELETE CASCADE,
    is_public INTEGER NOT NULL,
    version INTEGER NOT NULL,
    head INTEGER NOT NULL,
    title_words TEXT NOT NULL,
    words TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX documents_search_entries_generation ON documents_search_entries (generation, document_id);
CREATE INDEX documents_search_entries_document ON documents_search_entries (document_id);

-- The index of the words, which triggers keep. Its tokenizer cuts at blanks and leaves every other letter as it is.
CREATE VIRTUAL TABLE documents_search_words USING fts5 (
    title_words, words, content = 'documents_search_entries', content_rowid = 'entry', tokenize = 'ascii', detail = 'column'
);

CREATE TRIGGER documents_search_entries_inserted AFTER INSERT ON documents_search_entries BEGIN
    INSERT INTO documents_search_words (rowid, title_words, words) VALUES (new.entry, new.title_words, new.words);
END;

CREATE TRIGGER documents_search_entries_deleted AFTER DELETE ON documents_search_entries BEGIN
    INSERT INTO documents_search_words (documents_search_words, rowid, title_words, words)
    VALUES ('delete', old.entry, old.title_words, old.words);
END;

CREATE TRIGGER documents_search_entries_updated AFTER UPDATE ON documents_search_entries BEGIN
    INSERT INTO documents_search_words (documents_search_words, rowid, title_words, words)
    VALUES ('delete', old.entry, old.title_words, old.words);
    INSERT INTO documents_search_words (rowid, title_words, words) VALUES (new.entry, new.title_words, new.words);
END;
