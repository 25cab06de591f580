-- What notes said at some moments: when people had stopped writing for a while, and when a text was written at once.
CREATE TABLE documents_note_versions (
    note_id uuid NOT NULL REFERENCES documents_notes (note_id) ON DELETE CASCADE,
    number bigint NOT NULL,
    text text NOT NULL,
    content_hash text COLLATE "C" NOT NULL,
    authors text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (note_id, number)
);

-- Who took part in the edits that no version holds yet.
CREATE TABLE documents_note_authors (
    note_id uuid NOT NULL REFERENCES documents_notes (note_id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    PRIMARY KEY (note_id, user_id)
);
