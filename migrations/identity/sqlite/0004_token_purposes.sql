-- A token of a mail logs in, sets another password, or moves the account to the address that it was sent to.
CREATE TABLE identity_email_tokens_new (
    token_hash BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES identity_users (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('log_in', 'reset_password', 'change_email')),
    sent_to TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;

INSERT INTO identity_email_tokens_new (token_hash, user_id, purpose, sent_to, expires_at)
SELECT token_hash, user_id, purpose, sent_to, expires_at FROM identity_email_tokens;

DROP TABLE identity_email_tokens;
ALTER TABLE identity_email_tokens_new RENAME TO identity_email_tokens;

CREATE INDEX identity_email_tokens_user_id ON identity_email_tokens (user_id);
CREATE INDEX identity_email_tokens_expires_at ON identity_email_tokens (expires_at);
