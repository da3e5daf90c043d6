-- 0004 and 0014 were edited after they landed. The view of 0014 gave the same rows before and after. This is the function of
-- 0004 as the later text has it: a month that has only a self-billed invoice of a centre is not billed yet.
CREATE OR REPLACE FUNCTION oldest_unbilled_month(moment timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT min(m.starts_at)
    FROM (SELECT DISTINCT timezone FROM centre) AS z
    CROSS JOIN (SELECT min(range_start) AS at FROM timescaledb_information.chunks
                WHERE hypertable_schema = current_schema() AND hypertable_name = 'reading') AS oldest
    CROSS JOIN LATERAL (
        SELECT first::date AS month, first AT TIME ZONE z.timezone AS starts_at,
               (first + INTERVAL '1 month') AT TIME ZONE z.timezone AS ends_at
        FROM generate_series(date_trunc('month', oldest.at AT TIME ZONE z.timezone), moment AT TIME ZONE z.timezone,
                             INTERVAL '1 month') AS first
    ) AS m
    WHERE NOT EXISTS (SELECT FROM invoice i WHERE i.month = m.month AND i.company_id IS NOT NULL)
      AND (EXISTS (SELECT FROM booking b JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
                   WHERE b.starts_at >= m.starts_at AND b.starts_at < m.ends_at AND b.status <> 'cancelled'
                     AND r.kind <> 'recording' AND c.timezone = z.timezone)
           OR EXISTS (SELECT FROM check_in k JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
                      WHERE k.at >= m.starts_at AND k.at < m.ends_at
                        AND r.kind <> 'recording' AND c.timezone = z.timezone))
$$;

-- Every service compares the applied migrations with its own before it works.
GRANT SELECT ON schema_migration TO PUBLIC;
