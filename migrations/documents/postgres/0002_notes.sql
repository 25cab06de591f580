-- The notes of documents: what a note says is what its snapshot and the updates since lead to. `head` is the number of the
-- last update, `compacted_to` that of the last one in the snapshot, `loose_bytes` what the others have together.
-- The row is written with every edit, so nothing large stands in it.
CREATE TABLE documents_notes (
    note_id uuid PRIMARY KEY,
    document_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    head bigint NOT NULL,
    compacted_to bigint NOT NULL,
    loose_bytes bigint NOT NULL,
    edited_at timestamptz NOT NULL,
    edited_by uuid,
    burst_began_at timestamptz
);

CREATE UNIQUE INDEX documents_notes_document ON documents_notes (document_id);

CREATE TABLE documents_note_snapshots (
    note_id uuid PRIMARY KEY REFERENCES documents_notes (note_id) ON DELETE CASCADE,
    bytes bytea NOT NULL
);

-- The text that somebody wrote last over REST, and the hash of the Markdown that it became.
CREATE TABLE documents_note_sources (
    note_id uuid PRIMARY KEY REFERENCES documents_notes (note_id) ON DELETE CASCADE,
    text text NOT NULL,
    stands_for text COLLATE "C" NOT NULL
);

-- The edits, numbered without gaps.
CREATE TABLE documents_note_updates (
    note_id uuid NOT NULL REFERENCES documents_notes (note_id) ON DELETE CASCADE,
    number bigint NOT NULL,
    bytes bytea NOT NULL,
    author_id uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (note_id, number)
);
