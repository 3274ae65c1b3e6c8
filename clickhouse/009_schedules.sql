-- What owners want done again and again. The newest version is valid; a deleted one stays as a tombstone. definition is a JSON object.
CREATE TABLE IF NOT EXISTS schedules
(
    owner_id   String,
    id         String,
    definition String,
    created_at DateTime64(3, 'UTC'),
    changed_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    version    UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (owner_id, id);

-- The runs of schedules, the newest version of each is valid. details is a JSON object. The last run of a schedule says where its next
-- one begins, so it stays; the others go after some time.
CREATE TABLE IF NOT EXISTS schedule_runs
(
    schedule_id String,
    due_at      DateTime64(3, 'UTC'),
    owner_id    String,
    is_open     Bool,
    is_last     Bool,
    details     String,
    version     UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (schedule_id, due_at)
TTL toDateTime(due_at, 'UTC') + INTERVAL 90 DAY DELETE WHERE NOT is_last;
