-- One row a click. Neither the address nor the user agent of a visitor is stored, only their keyed hash.
-- Parts are by month, so that old clicks go by dropping parts; inside a month one link, and one owner, lie together.
-- ingest_id names the idempotent insert a row came with (0: none), so that a retry can find out what is already here.
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

-- The registry of URLs. The newest version of a short code counts; a deleted one is kept as a mark.
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

-- API keys; of the key itself only the SHA-256 is here.
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

-- Requests with an Idempotency-Key. A row without an answer is a request that was begun.
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

-- Batches of imported files. A batch is named by the hash of all that precedes it and its own lines, so that the
-- same file, or a longer one that begins with it, is known whatever its name.
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
