-- What more is known of a click: from the user agent, from the address, from the short link as it was requested, and from the sender. A click
-- without a value has the text that is shown for it, and so have the rows that are there; of those, programs are bots without a name.
-- ad_parameter is the parameter of the short link by which an advertising network counts its clicks (empty: none).
ALTER TABLE clicks
    ADD COLUMN IF NOT EXISTS device LowCardinality(String) DEFAULT 'Unknown',
    ADD COLUMN IF NOT EXISTS browser_version LowCardinality(String) DEFAULT 'Unknown',
    ADD COLUMN IF NOT EXISTS os_version LowCardinality(String) DEFAULT 'Unknown',
    ADD COLUMN IF NOT EXISTS bot LowCardinality(String) DEFAULT if(is_bot, 'Unknown', '(none)'),
    ADD COLUMN IF NOT EXISTS region LowCardinality(String) DEFAULT 'Unknown',
    ADD COLUMN IF NOT EXISTS network LowCardinality(String) DEFAULT 'Unknown',
    ADD COLUMN IF NOT EXISTS hosting LowCardinality(String) DEFAULT 'Unknown',
    ADD COLUMN IF NOT EXISTS language LowCardinality(String) DEFAULT '(none)',
    ADD COLUMN IF NOT EXISTS domain LowCardinality(String) DEFAULT '(none)',
    ADD COLUMN IF NOT EXISTS utm_source LowCardinality(String) DEFAULT '(none)',
    ADD COLUMN IF NOT EXISTS utm_medium LowCardinality(String) DEFAULT '(none)',
    ADD COLUMN IF NOT EXISTS utm_campaign LowCardinality(String) DEFAULT '(none)',
    ADD COLUMN IF NOT EXISTS utm_term LowCardinality(String) DEFAULT '(none)',
    ADD COLUMN IF NOT EXISTS utm_content LowCardinality(String) DEFAULT '(none)',
    ADD COLUMN IF NOT EXISTS ad_parameter LowCardinality(String),
    ADD COLUMN IF NOT EXISTS variant LowCardinality(String) DEFAULT '(none)',
    ADD COLUMN IF NOT EXISTS properties Map(LowCardinality(String), String) CODEC(ZSTD(1));
