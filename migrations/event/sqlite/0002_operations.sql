-- What operators have stopped for the time being: it keeps its leases and does nothing.
CREATE TABLE event_pauses (
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    paused_at TEXT NOT NULL,
    operator  TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT;

-- What an operator has put into the place of an event's data, for this one delivery.
ALTER TABLE event_deliveries ADD COLUMN edited_version INTEGER;
ALTER TABLE event_deliveries ADD COLUMN edited_data TEXT;

-- What operators do is an event from now on; what they did becomes one.
INSERT INTO event_log (id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_ref, audience, correlation_id,
  data, metadata, occurred_at)
SELECT o.operation_id, 'perme8_events.operator_acted', 1, 'operation', o.uuid, 'system', 'events.operations', '["operators"]',
  o.operation_id,
  json_object('operation_id', o.uuid, 'operator', o.operator, 'action', o.action, 'subject_kind', 'handler', 'subject', o.handler,
    'position', o.position, 'detail', o.detail), '{}', o.occurred_at
FROM (SELECT *, lower(substr(hex(operation_id), 1, 8) || '-' || substr(hex(operation_id), 9, 4) || '-' || substr(hex(operation_id), 13, 4)
        || '-' || substr(hex(operation_id), 17, 4) || '-' || substr(hex(operation_id), 21)) AS uuid
      FROM event_operations ORDER BY occurred_at, operation_id) o;
DROP TABLE event_operations;
