-- One row for each click. A visitor's IP address and user agent are not stored, only their keyed hash.
-- Partitions are months, so that old clicks can be dropped by the part. The sorting key keeps the clicks of an owner, and of a link, together.
-- ingest_id is the idempotent insert that a row came with (0: none). With it a retry finds out what is already stored.
CREATE TABLE IF NOT EXISTS clicks
(
    owner_id    LowCardinality(String),
    short_code  String,
    clicked_at  DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    visitor     UInt64 CODEC(NONE),
    browser     LowCardinality(String),
    os          LowCardinality(String),
    country     LowCardinality(String),
    city        LowCardinality(String),
    referrer    LowCardinality(String),
    is_bot      Bool,
    redirect_ms Nullable(Float64) CODEC(ZSTD(1)),
    click_id    String CODEC(ZSTD(1)),
    ingest_id   UInt64 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(clicked_at)
ORDER BY (owner_id, short_code, clicked_at)
SETTINGS non_replicated_deduplication_window = 10000;

-- URLs. The newest version of a short code is valid; a deleted URL stays as a tombstone.
CREATE TABLE IF NOT EXISTS urls
(
    short_code    String,
    owner_id      String,
    created_at    DateTime64(3, 'UTC'),
    private_stats Bool,
    long_url      Nullable(String),
    is_deleted    Bool,
    version       UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY short_code;

-- API keys. Of the key itself only the SHA-256 is stored.
CREATE TABLE IF NOT EXISTS api_keys
(
    id         String,
    key_sha256 String,
    owner_id   String,
    name       String,
    scopes     Array(String),
    rate_limit String,
    created_at DateTime64(3, 'UTC'),
    expires_at Nullable(DateTime64(3, 'UTC')),
    is_revoked Bool,
    version    UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id;

-- Requests with an Idempotency-Key. A row without an answer is a request that has started.
CREATE TABLE IF NOT EXISTS idempotent_requests
(
    owner_id    String,
    key         String,
    body_sha256 String,
    received_at DateTime64(3, 'UTC'),
    answer      String,
    version     UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (owner_id, key)
TTL toDateTime(received_at) + INTERVAL 7 DAY;

-- Batches of imported files. The name of a batch is the hash of everything before it and of its own lines. So Spoor
-- recognises the same file, or a longer one that starts with it, whatever its name is.
CREATE TABLE IF NOT EXISTS import_batches
(
    parent      String,
    batch       String,
    lines       UInt32,
    is_complete Bool,
    imported_at DateTime64(3, 'UTC'),
    version     UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (parent, batch);
