-- What was erased, and when: an import does not bring it back. A row holds for the clicks of a short code, an owner and a visitor
-- between two times; an empty code or owner, and no visitor, stand for all of them. No click after the erasure lies in between.
CREATE TABLE IF NOT EXISTS erasures
(
    short_code String,
    owner_id   String,
    visitor    Nullable(UInt64),
    start_time DateTime64(3, 'UTC'),
    end_time   DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (short_code, owner_id, end_time);

-- The clicks themselves tell what of a file is imported already.
DROP TABLE IF EXISTS import_batches SYNC;
