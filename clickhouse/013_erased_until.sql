-- Up to when all clicks were erased of a short code, an owner, or a code of an owner (empty: every one): an import does not bring them
-- back. The latest row of each counts, so that a code which is created and deleted again and again leaves one.
CREATE TABLE IF NOT EXISTS erased_until
(
    short_code String,
    owner_id   String,
    end_time   DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(end_time)
ORDER BY (short_code, owner_id);

-- Of URLs that the first release deleted there is only the tombstone, which goes after a day; its version is its time. That of an import
-- that was undone keeps no clicks away.
INSERT INTO erased_until
SELECT short_code, owner_id, fromUnixTimestamp64Micro(toInt64(version), 'UTC') FROM urls FINAL WHERE is_deleted AND import_id = 0;
