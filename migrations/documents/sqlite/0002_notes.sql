-- The notes of documents: what a note says is what its snapshot and the updates since lead to. `head` is the number of the
-- last update, `compacted_to` that of the last one in the snapshot, `loose_bytes` what the others have together.
-- The row is written with every edit, so nothing large stands in it.
CREATE TABLE documents_notes (
    note_id BLOB PRIMARY KEY NOT NULL,
    document_id BLOB NOT NULL,
    workspace_id BLOB NOT NULL,
    head INTEGER NOT NULL,
    compacted_to INTEGER NOT NULL,
    loose_bytes INTEGER NOT NULL,
    edited_at TEXT NOT NULL,
    edited_by BLOB,
    burst_began_at TEXT
) STRICT;

CREATE UNIQUE INDEX documents_notes_document ON documents_notes (document_id);

CREATE TABLE documents_note_snapshots (
    note_id BLOB PRIMARY KEY NOT NULL REFERENCES documents_notes (note_id) ON DELETE CASCADE,
    bytes BLOB NOT NULL
) STRICT;

-- The text that somebody wrote last over REST, and the hash of the Markdown that it became.
CREATE TABLE documents_note_sources (
    note_id BLOB PRIMARY KEY NOT NULL REFERENCES documents_notes (note_id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    stands_for TEXT NOT NULL
) STRICT;

-- The edits, numbered without gaps.
CREATE TABLE documents_note_updates (
    note_id BLOB NOT NULL REFERENCES documents_notes (note_id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    author_id BLOB,
    at TEXT NOT NULL,
    PRIMARY KEY (note_id, number)
) STRICT;
