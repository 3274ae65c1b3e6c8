-- Times of clicks as the bits that tell 64 neighbours apart. What was packed before, differences of neighbours, took two to three times as
-- long to unpack where many links share a month. Parts that are there keep the other way until they are merged.
ALTER TABLE clicks MODIFY COLUMN clicked_at CODEC(T64, ZSTD(1));
