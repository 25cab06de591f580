-- What people are told, one row for each of them. The names in it are those of the day it was written.
CREATE TABLE notifications_notifications (
    notification_id   BLOB PRIMARY KEY NOT NULL,
    user_id           BLOB NOT NULL,
    notification_type TEXT NOT NULL,
    title             TEXT NOT NULL,
    body              TEXT NOT NULL,
    data              TEXT NOT NULL,
    workspace_id      BLOB,
    invitation_id     BLOB,
    event_id          BLOB NOT NULL,
    event_position    INTEGER NOT NULL,
    created_at        TEXT NOT NULL,
    read_at           TEXT,
    action_taken      TEXT,
    action_taken_at   TEXT,
    version           INTEGER NOT NULL,
    CHECK ((action_taken IS NULL) = (action_taken_at IS NULL))
) STRICT;
-- One event tells a person one thing, and one invitation asks a person once.
CREATE UNIQUE INDEX notifications_notifications_event ON notifications_notifications (event_id, user_id);
CREATE UNIQUE INDEX notifications_notifications_invitation
    ON notifications_notifications (invitation_id, user_id, notification_type) WHERE invitation_id IS NOT NULL;
CREATE INDEX notifications_notifications_newest ON notifications_notifications (user_id, created_at, notification_id);
CREATE INDEX notifications_notifications_unread
    ON notifications_notifications (user_id, created_at, notification_id) WHERE read_at IS NULL;
CREATE INDEX notifications_notifications_workspace
    ON notifications_notifications (user_id, workspace_id) WHERE workspace_id IS NOT NULL;

-- Invitations that need no answer any more, so that none is asked for afterwards.
CREATE TABLE notifications_answers (
    invitation_id BLOB PRIMARY KEY NOT NULL,
    action        TEXT NOT NULL,
    answered_at   TEXT NOT NULL
) STRICT;

-- Where in the log a person last lost a workspace, 0 for never. What happened there before is none of theirs any more.
CREATE TABLE notifications_accesses (
    user_id       BLOB NOT NULL,
    workspace_id  BLOB NOT NULL,
    lost_position INTEGER NOT NULL,
    PRIMARY KEY (user_id, workspace_id)
) STRICT;
