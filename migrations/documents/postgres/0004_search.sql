-- What searches find: a row for each document, in the generations of a read model. It goes with its document, whoever deletes
-- that. `is_public`, `version` and `head` are those of the document and of its note that were read; `title_words` and `words`
-- are made by the program.
CREATE TABLE documents_search_entries (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    generation bigint NOT NULL,
    document_id uuid NOT NULL REFERENCES documents_documents (id) ON DELETE CASCADE,
    is_public boolean NOT NULL,
    version bigint NOT NULL,
    head bigint NOT NULL,
    title_words tsvector NOT NULL,
    words tsvector NOT NULL,
    text text NOT NULL
);

CREATE UNIQUE INDEX documents_search_entries_generation ON documents_search_entries (generation, document_id);
CREATE INDEX documents_search_entries_document ON documents_search_entries (document_id);
CREATE INDEX documents_search_entries_words ON documents_search_entries USING gin (words);
