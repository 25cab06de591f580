-- What operators have stopped for the time being: it keeps its leases and does nothing.
CREATE TABLE event_pauses (
    kind      text COLLATE "C" NOT NULL,
    name      text COLLATE "C" NOT NULL,
    paused_at timestamptz NOT NULL,
    operator  text NOT NULL,
    PRIMARY KEY (kind, name)
);

-- What an operator has put into the place of an event's data, for this one delivery.
ALTER TABLE event_deliveries ADD COLUMN edited_version int;
ALTER TABLE event_deliveries ADD COLUMN edited_data jsonb;

-- What operators do is an event from now on; what they did becomes one. The lock comes before the positions, as with every append.
SELECT pg_advisory_xact_lock_shared((77::bigint << 48) | (last_value - (NOT is_called)::int)) FROM event_log_seq;
INSERT INTO event_log (seq, id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_ref, audience, correlation_id,
  data, metadata, occurred_at)
SELECT nextval('event_log_seq'), o.operation_id, 'perme8_events.operator_acted', 1, 'operation', o.operation_id::text, 'system',
  'events.operations', '["operators"]', o.operation_id,
  jsonb_build_object('operation_id', o.operation_id, 'operator', o.operator, 'action', o.action, 'subject_kind', 'handler',
    'subject', o.handler, 'position', o.position, 'detail', o.detail), '{}', o.occurred_at
FROM (SELECT * FROM event_operations ORDER BY occurred_at, operation_id) o;
DROP TABLE event_operations;
