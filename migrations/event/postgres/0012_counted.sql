-- Whoever looks how handlers are, as every scrape does, counts some of the rows, and walks neither over those that stand aside
-- nor over those that were given up.
CREATE INDEX event_deliveries_aside ON event_deliveries (handler, position)
  WHERE NOT is_dead AND due_at IS NOT NULL AND error IS NULL;
CREATE INDEX event_deliveries_dead ON event_deliveries (handler, updated_at) WHERE is_dead;
