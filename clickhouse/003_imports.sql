-- The import that a click came with (0: none), so that it can be undone. All rows of an insert have the same.
ALTER TABLE clicks ADD COLUMN IF NOT EXISTS import_id UInt64 CODEC(Delta(8), ZSTD(1));

-- The import that registered a URL (0: none, or somebody has changed the URL since).
ALTER TABLE urls ADD COLUMN IF NOT EXISTS import_id UInt64;

-- Imports, the newest version of each is valid. The order of ids is that in which imports began. owner_id is the owner whose clicks
-- were imported; options and report are JSON objects.
CREATE TABLE IF NOT EXISTS imports
(
    id          UInt64,
    owner_id    String,
    file        String,
    options     String,
    state       LowCardinality(String),
    error       String,
    report      String,
    started_at  DateTime64(3, 'UTC'),
    finished_at Nullable(DateTime64(3, 'UTC')),
    version     UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id;
