-- When ClickHouse stored a click, by its own clock at the insert: clicks are told apart by it that have come since. The index spares reading
-- those that came before.
ALTER TABLE clicks ADD COLUMN IF NOT EXISTS ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta(8), ZSTD(1));
ALTER TABLE clicks ADD INDEX IF NOT EXISTS ingested_at_range ingested_at TYPE minmax;

-- Clicks that are there carry the time of this migration, as a literal, so that replicas have the same. ClickHouse writes it in the
-- background. Until it has, such a click has the time at which it is read, which is later than any that is asked for.
ALTER TABLE clicks UPDATE ingested_at = now64(3) WHERE true SETTINGS mutations_execute_nondeterministic_on_initiator = 1;
ALTER TABLE clicks MATERIALIZE INDEX IF EXISTS ingested_at_range;
