-- What has stepped aside for other tenants has turns of its own, and there may be much of it: whoever looks for what failed, or
-- waits behind that, does not walk over it.
DROP INDEX event_deliveries_due;
CREATE INDEX event_deliveries_due ON event_deliveries (handler, due_at)
  WHERE NOT is_dead AND (due_at IS NULL OR error IS NOT NULL);

-- Whose turn it is, without a look at the log for each.
ALTER TABLE event_deliveries ADD COLUMN workspace_id BLOB;
