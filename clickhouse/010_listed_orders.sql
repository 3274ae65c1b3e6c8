-- What lists show of an order, as JSON, so that they do not read its filters. That of a job from before comes from its order.
ALTER TABLE export_jobs ADD COLUMN IF NOT EXISTS listed_order String DEFAULT concat(
    '{',
    arrayStringConcat(
        arrayMap(
            field -> concat(toJSONString(field.1), ':', field.2),
            arrayFilter(
                field -> has(['what', 'format', 'destination', 'fileName', 'scopes'], field.1),
                JSONExtractKeysAndValuesRaw(export_order)
            )
        ),
        ','
    ),
    '}'
);
