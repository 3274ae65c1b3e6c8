-- A request that has only started says no version: of several instances that get it at once, the first by ClickHouse's clock
-- counts, and an answer, whose version is its time in microseconds, replaces them all. (Until 2065, when the times are as large.)
ALTER TABLE idempotent_requests MODIFY COLUMN version UInt64 DEFAULT 3000000000000000 - toUnixTimestamp64Micro(now64(6));
