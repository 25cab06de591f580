-- Mails of a host without a mail server, for whoever develops with it. They hold live links, and are purged after days.
CREATE TABLE mail_mailbox (
    id           uuid PRIMARY KEY,
    message_id   text NOT NULL,
    kind         text NOT NULL,
    from_address text NOT NULL,
    from_name    text NOT NULL,
    to_address   text NOT NULL,
    to_name      text NOT NULL,
    subject      text NOT NULL,
    text_body    text NOT NULL,
    html_body    text NOT NULL,
    sent_at      timestamptz NOT NULL
);

CREATE INDEX mail_mailbox_sent_at ON mail_mailbox (sent_at, id);
