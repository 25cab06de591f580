-- Of what people want to be told: the hour of the mail of the day, in UTC …
CREATE TABLE notifications_preferences (
    user_id     BLOB PRIMARY KEY NOT NULL,
    digest_hour INTEGER NOT NULL CHECK (digest_hour BETWEEN 0 AND 23),
    version     INTEGER NOT NULL
) STRICT;

-- … and how they are told of things of a type: in one workspace, or by default.
CREATE TABLE notifications_deliveries (
    user_id           BLOB NOT NULL,
    notification_type TEXT NOT NULL,
    workspace_id      BLOB,
    delivery          TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX notifications_deliveries_exception
    ON notifications_deliveries (user_id, notification_type, workspace_id) WHERE workspace_id IS NOT NULL;
CREATE UNIQUE INDEX notifications_deliveries_default
    ON notifications_deliveries (user_id, notification_type) WHERE workspace_id IS NULL;

-- When the next mail of the day is due to somebody for whom something waits.
CREATE TABLE notifications_digests (
    user_id BLOB PRIMARY KEY NOT NULL,
    due_at  TEXT NOT NULL
) STRICT;
ALTER TABLE notifications_notifications ADD COLUMN awaits_digest INTEGER NOT NULL DEFAULT FALSE;
CREATE INDEX notifications_notifications_digest
    ON notifications_notifications (user_id) WHERE awaits_digest;
