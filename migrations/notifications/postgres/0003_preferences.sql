-- Of what people want to be told: the hour of the mail of the day, in UTC …
CREATE TABLE notifications_preferences (
    user_id     uuid PRIMARY KEY,
    digest_hour bigint NOT NULL CHECK (digest_hour BETWEEN 0 AND 23),
    version     bigint NOT NULL
);

-- … and how they are told of things of a type: in one workspace, or by default.
CREATE TABLE notifications_deliveries (
    user_id           uuid NOT NULL,
    notification_type text NOT NULL,
    workspace_id      uuid,
    delivery          text NOT NULL
);
CREATE UNIQUE INDEX notifications_deliveries_exception
    ON notifications_deliveries (user_id, notification_type, workspace_id) WHERE workspace_id IS NOT NULL;
CREATE UNIQUE INDEX notifications_deliveries_default
    ON notifications_deliveries (user_id, notification_type) WHERE workspace_id IS NULL;

-- When the next mail of the day is due to somebody for whom something waits.
CREATE TABLE notifications_digests (
    user_id uuid PRIMARY KEY,
    due_at  timestamptz NOT NULL
);
ALTER TABLE notifications_notifications ADD COLUMN awaits_digest boolean NOT NULL DEFAULT FALSE;
CREATE INDEX notifications_notifications_digest
    ON notifications_notifications (user_id) WHERE awaits_digest;
