-- Rate limits: for each bucket the instant at which all that was spent of it has come back, in microseconds since 1970, and
-- by how much the last spending has moved it, so that one statement can add to many. Instants of the past say nothing.
CREATE TABLE perme8_rate_limits (
    bucket text COLLATE "C" NOT NULL,
    tat    bigint NOT NULL,
    cost   bigint NOT NULL,
    PRIMARY KEY (bucket)
);
CREATE INDEX perme8_rate_limits_tat ON perme8_rate_limits (tat);
