-- The devices whose spans are derived again wait in a queue: the table is named after it.

ALTER TABLE stale_span RENAME TO span_queue;
ALTER INDEX stale_span_pkey RENAME TO span_queue_pkey;

-- The body of a function does not follow a rename. Raw readings may be dropped before the earliest of these instants.
CREATE OR REPLACE FUNCTION retention_limits(moment timestamptz) RETURNS TABLE (reason text, before timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT 'age', moment - make_interval(months => raw_months) FROM retention
    UNION ALL
    SELECT 'unbilled month', oldest_unbilled_month(moment) - INTERVAL '7 days'
    UNION ALL
    SELECT 'spans to derive', min(since) - INTERVAL '7 days' FROM span_queue
    UNION ALL
    SELECT 'hours to sum up', reading_hour_complete_before()
$$;
