-- The token that a key had before it was rotated, while both are good.
ALTER TABLE identity_api_keys ADD COLUMN previous_token_hash BLOB;
ALTER TABLE identity_api_keys ADD COLUMN previous_until TEXT;

CREATE UNIQUE INDEX identity_api_keys_previous ON identity_api_keys (previous_token_hash);
