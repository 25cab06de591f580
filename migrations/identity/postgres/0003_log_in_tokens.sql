-- A token of a mail confirms the address or, where that is done, logs in. It has been called after the first alone.
ALTER TABLE identity_email_tokens DROP CONSTRAINT identity_email_tokens_purpose_check;
UPDATE identity_email_tokens SET purpose = 'log_in';
ALTER TABLE identity_email_tokens
    ADD CONSTRAINT identity_email_tokens_purpose_check CHECK (purpose IN ('log_in'));
