-- Segments: filters of an owner under a name. The newest version is valid; a deleted one stays as a tombstone. filters is JSON in its
-- normal form.
CREATE TABLE IF NOT EXISTS segments
(
    owner_id   String,
    name       String,
    filters    String,
    changed_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    version    UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (owner_id, name);
