-- Tags that the owner of a URL has given it. URLs that are there have none.
ALTER TABLE urls ADD COLUMN IF NOT EXISTS tags Array(String);
