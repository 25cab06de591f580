-- What notes said at some moments: when people had stopped writing for a while, and when a text was written at once.
CREATE TABLE documents_note_versions (
    note_id BLOB NOT NULL REFERENCES documents_notes (note_id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    authors TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (note_id, number)
) STRICT;

-- Who took part in the edits that no version holds yet.
CREATE TABLE documents_note_authors (
    note_id BLOB NOT NULL REFERENCES documents_notes (note_id) ON DELETE CASCADE,
    user_id BLOB NOT NULL,
    PRIMARY KEY (note_id, user_id)
) STRICT;
