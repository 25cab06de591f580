-- Mails of a host without a mail server, for whoever develops with it. They hold live links, and are purged after days.
CREATE TABLE mail_mailbox (
    id           BLOB PRIMARY KEY NOT NULL,
    message_id   TEXT NOT NULL,
    kind         TEXT NOT NULL,
    from_address TEXT NOT NULL,
    from_name    TEXT NOT NULL,
    to_address   TEXT NOT NULL,
    to_name      TEXT NOT NULL,
    subject      TEXT NOT NULL,
    text_body    TEXT NOT NULL,
    html_body    TEXT NOT NULL,
    sent_at      TEXT NOT NULL
) STRICT;

CREATE INDEX mail_mailbox_sent_at ON mail_mailbox (sent_at, id);
