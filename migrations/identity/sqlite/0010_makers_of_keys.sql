-- The key by which a key was made: what is revoked takes along what was made with it.
ALTER TABLE identity_api_keys ADD COLUMN made_by BLOB REFERENCES identity_api_keys (id);

CREATE INDEX identity_api_keys_made_by ON identity_api_keys (made_by);
