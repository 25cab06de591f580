-- People who were told something. Whoever tells them holds the row, so that nothing is told to somebody who is just going; of
-- whoever is gone it stays for a while, so that nothing is told afterwards.
CREATE TABLE notifications_people (
    user_id BLOB PRIMARY KEY NOT NULL,
    gone_at TEXT
) STRICT;
CREATE INDEX notifications_people_gone ON notifications_people (gone_at) WHERE gone_at IS NOT NULL;
