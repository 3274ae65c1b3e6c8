-- Exports that are written without a client waiting for them. The newest version of each is valid; a deleted one stays as a tombstone.
-- export_order is what was asked for, as JSON; instance is the data directory that has the file; upload is a multipart upload that is
-- under way, as JSON. Rows go long after their files, so that an older version that is left is never taken for the newest.
CREATE TABLE IF NOT EXISTS export_jobs
(
    id           String,
    owner_id     String,
    export_order String,
    instance     String,
    state        LowCardinality(String),
    error        String,
    file_name    String,
    content_type LowCardinality(String),
    upload       String,
    rows         Nullable(UInt64),
    bytes        UInt64,
    attempts     UInt8,
    created_at   DateTime64(3, 'UTC'),
    finished_at  Nullable(DateTime64(3, 'UTC')),
    expires_at   DateTime64(3, 'UTC'),
    is_deleted   Bool,
    version      UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
TTL toDateTime(expires_at) + INTERVAL 60 DAY;
