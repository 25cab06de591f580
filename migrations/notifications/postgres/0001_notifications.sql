-- What people are told, one row for each of them. The names in it are those of the day it was written.
CREATE TABLE notifications_notifications (
    notification_id   uuid PRIMARY KEY,
    user_id           uuid NOT NULL,
    notification_type text NOT NULL,
    title             text NOT NULL,
    body              text NOT NULL,
    data              jsonb NOT NULL,
    workspace_id      uuid,
    invitation_id     uuid,
    event_id          uuid NOT NULL,
    event_position    bigint NOT NULL,
    created_at        timestamptz NOT NULL,
    read_at           timestamptz,
    action_taken      text,
    action_taken_at   timestamptz,
    version           bigint NOT NULL,
    CHECK ((action_taken IS NULL) = (action_taken_at IS NULL))
);
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
    invitation_id uuid PRIMARY KEY,
    action        text NOT NULL,
    answered_at   timestamptz NOT NULL
);

-- Where in the log a person last lost a workspace, 0 for never. What happened there before is none of theirs any more.
CREATE TABLE notifications_accesses (
    user_id       uuid NOT NULL,
    workspace_id  uuid NOT NULL,
    lost_position bigint NOT NULL,
    PRIMARY KEY (user_id, workspace_id)
);
