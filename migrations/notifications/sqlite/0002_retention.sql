-- What is old is found without looking at the rest.
CREATE INDEX notifications_notifications_read
    ON notifications_notifications (read_at) WHERE read_at IS NOT NULL;
CREATE INDEX notifications_notifications_unread_since
    ON notifications_notifications (created_at) WHERE read_at IS NULL;
CREATE INDEX notifications_answers_answered ON notifications_answers (answered_at);
