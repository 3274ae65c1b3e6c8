-- When ClickHouse stored this state of an import, by its own clock: one that is running and was not stored for long has lost its
-- process, whatever the clocks of instances say. Rows that are there have the time by the clock of their instance.
ALTER TABLE imports ADD COLUMN IF NOT EXISTS written_at DateTime64(3, 'UTC') DEFAULT now64(3);
ALTER TABLE imports UPDATE written_at = fromUnixTimestamp64Micro(toInt64(version), 'UTC') WHERE true;
