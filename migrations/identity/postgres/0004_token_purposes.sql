-- A token of a mail logs in, sets another password, or moves the account to the address that it was sent to.
ALTER TABLE identity_email_tokens DROP CONSTRAINT identity_email_tokens_purpose_check;
ALTER TABLE identity_email_tokens
    ADD CONSTRAINT identity_email_tokens_purpose_check CHECK (purpose IN ('log_in', 'reset_password', 'change_email'));
