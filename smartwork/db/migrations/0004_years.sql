-- What is kept how long: raw readings for a set time, spans and figures by hour for good. What the licence of
-- TimescaleDB allows the server does by itself; elsewhere `smartwork keep` does the same, with the same names to read.

-- Seven days a chunk, as before, by measurement: decision 9 has the figures and says when to choose fewer.
SELECT set_chunk_time_interval('reading', INTERVAL '7 days');

-- The setting, in one place: UPDATE retention SET raw_months = …
CREATE TABLE retention (
    only_row       boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    raw_months     smallint NOT NULL DEFAULT 6 CHECK (raw_months > 0),
    dropped_before timestamptz NOT NULL DEFAULT '-infinity' -- raw readings of earlier events are gone
);
INSERT INTO retention DEFAULT VALUES;

-- What lies before is settled: neither spans nor hours are derived again there, since not all readings are left to derive
-- them from. The days between are there for what looks back: a silence, a gap that is bridged.
CREATE FUNCTION reading_settled_before() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT dropped_before + INTERVAL '7 days' FROM retention $$;

-- The start of the oldest local month that begins before `moment`, still has raw readings, has a booking or a check-in
-- that may have to be paid for, and has no invoice; NULL where there is none. All invoices of a month are issued at once.
CREATE FUNCTION oldest_unbilled_month(moment timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
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

DO $migration$
BEGIN
    IF current_setting('timescaledb.license') = 'timescale' THEN
        EXECUTE $$
            CREATE MATERIALIZED VIEW reading_hour
            WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
            SELECT device_id, metric, time_bucket(INTERVAL '1 hour', at) AS hour, count(*) AS readings,
                   sum(value::numeric) AS total, min(value) AS low, max(value) AS high,
                   min(at) AS first_at, max(at) AS last_at
            FROM reading GROUP BY device_id, metric, time_bucket(INTERVAL '1 hour', at)
            WITH NO DATA
        $$;
        -- The server's job sums the hours up before it drops anything.
        EXECUTE $$
            CREATE FUNCTION reading_hour_complete_before() RETURNS timestamptz LANGUAGE sql STABLE AS
            $sql$ SELECT 'infinity'::timestamptz $sql$
        $$;
    ELSE
        -- How ingest's transactions are told apart: a batch belongs to the one that stored its readings too.
        ALTER TABLE batch ADD COLUMN stored_by xid8 NOT NULL DEFAULT '0';
        ALTER TABLE batch ALTER COLUMN stored_by SET DEFAULT pg_current_xact_id();
        CREATE INDEX batch_stored_by ON batch (stored_by);

        -- `reading_hour` is kept here for hours before `complete_before`, and computed from the readings after it. Of the
        -- batches those that `seen` does not show are new. `total` is exact, so that the order of addition does not count.
        CREATE TABLE reading_hour_kept (
            device_id integer NOT NULL,
            metric    smallint NOT NULL,
            hour      timestamptz NOT NULL,
            readings  bigint NOT NULL,
            total     numeric NOT NULL,
            low       double precision NOT NULL,
            high      double precision NOT NULL,
            first_at  timestamptz NOT NULL,
            last_at   timestamptz NOT NULL,
            PRIMARY KEY (device_id, metric, hour)
        );
        PERFORM create_hypertable('reading_hour_kept', by_range('hour', INTERVAL '70 days'), create_default_indexes => false);
        CREATE TABLE hour_progress (
            only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            complete_before timestamptz NOT NULL DEFAULT '-infinity',
            seen            pg_snapshot NOT NULL DEFAULT pg_current_snapshot()
        );
        INSERT INTO hour_progress DEFAULT VALUES;
        -- Hours of a centre, before `complete_before`, that late readings have touched: they are summed up again.
        CREATE TABLE stale_hour (
            centre_id smallint NOT NULL REFERENCES centre,
            starts_at timestamptz NOT NULL,
            ends_at   timestamptz NOT NULL,
            PRIMARY KEY (centre_id, starts_at)
        );
        CREATE VIEW reading_hour AS
            SELECT device_id, metric, hour, readings, total, low, high, first_at, last_at FROM reading_hour_kept
            UNION ALL
            SELECT device_id, metric, time_bucket(INTERVAL '1 hour', at), count(*), sum(value::numeric), min(value), max(value),
                   min(at), max(at)
            FROM reading WHERE at >= (SELECT complete_before FROM hour_progress)
            GROUP BY device_id, metric, time_bucket(INTERVAL '1 hour', at);
        -- What new batches touch of the hours that are kept already: whole local days of their centres.
        CREATE VIEW late_hour AS
            SELECT * FROM (
                SELECT DISTINCT o.centre_id,
                       greatest(date_trunc('hour', b.day::timestamp AT TIME ZONE c.timezone), reading_settled_before())
                           AS starts_at,
                       least(date_trunc('hour', (b.day + 1)::timestamp AT TIME ZONE c.timezone + INTERVAL '59:59'),
                             p.complete_before) AS ends_at
                FROM hour_progress p
                JOIN batch b ON b.stored_by >= pg_snapshot_xmin(p.seen) AND NOT pg_visible_in_snapshot(b.stored_by, p.seen)
                JOIN outbox o USING (outbox_id) JOIN centre c USING (centre_id)
            ) AS touched WHERE starts_at < ends_at;
        CREATE FUNCTION reading_hour_complete_before() RETURNS timestamptz LANGUAGE sql STABLE AS $sql$
            SELECT least((SELECT complete_before FROM hour_progress), (SELECT min(starts_at) FROM stale_hour),
                         (SELECT min(starts_at) FROM late_hour))
        $sql$;
    END IF;
END $migration$;

-- What holds raw readings back: they may be dropped before the earliest of these instants, and not after it.
CREATE FUNCTION retention_limits(moment timestamptz) RETURNS TABLE (reason text, before timestamptz) LANGUAGE sql STABLE AS $$
    SELECT 'age', moment - make_interval(months => raw_months) FROM retention
    UNION ALL
    SELECT 'unbilled month', oldest_unbilled_month(moment) - INTERVAL '7 days'
    UNION ALL
    SELECT 'spans to derive', min(since) - INTERVAL '7 days' FROM stale_span
    UNION ALL
    SELECT 'hours to sum up', reading_hour_complete_before()
$$;

-- The chunks of readings that end by `horizon`.
CREATE FUNCTION reading_chunks_before(horizon timestamptz)
RETURNS TABLE (chunk text, starts_at timestamptz, ends_at timestamptz, bytes bigint) LANGUAGE sql STABLE AS $$
    SELECT c.chunk_name::text, c.range_start, c.range_end, s.total_bytes
    FROM timescaledb_information.chunks c JOIN chunks_detailed_size('reading') s USING (chunk_schema, chunk_name)
    WHERE c.hypertable_schema = current_schema() AND c.hypertable_name = 'reading' AND c.range_end <= horizon
    ORDER BY c.range_start
$$;

-- Drops what the limits let go and returns what that was. Whoever is storing readings finishes first, and then waits, so
-- that what was decided still holds when the chunks go.
CREATE FUNCTION drop_readings(moment timestamptz)
RETURNS TABLE (chunk text, starts_at timestamptz, ends_at timestamptz, bytes bigint) LANGUAGE plpgsql AS $$
DECLARE
    horizon timestamptz;
BEGIN
    SELECT min(l.before) INTO horizon FROM retention_limits(moment) l;
    IF NOT EXISTS (SELECT FROM reading_chunks_before(horizon)) THEN
        RETURN;
    END IF;
    LOCK TABLE ONLY reading IN EXCLUSIVE MODE;
    SELECT min(l.before) INTO horizon FROM retention_limits(moment) l;
    RETURN QUERY SELECT * FROM reading_chunks_before(horizon);
    UPDATE retention SET dropped_before = greatest(dropped_before, gone.ends_at)
    FROM (SELECT max(c.ends_at) AS ends_at FROM reading_chunks_before(horizon) c) AS gone;
    PERFORM drop_chunks('reading', older_than => horizon);
END $$;

DO $migration$
BEGIN
    IF current_setting('timescaledb.license') = 'timescale' THEN
        -- Compressed by sensor and in order of time, as spans, billing and energy read them.
        EXECUTE $$
            ALTER TABLE reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'device_id, metric',
                                     timescaledb.compress_orderby = 'at, n')
        $$;
        PERFORM add_compression_policy('reading', compress_after => INTERVAL '14 days');
        -- The ready-made policies know neither what is settled nor what an invoice still needs.
        EXECUTE $$
            CREATE PROCEDURE keep_years(job_id integer, config jsonb) LANGUAGE plpgsql AS $sql$
            DECLARE
                settled timestamptz := nullif(reading_settled_before(), '-infinity');
            BEGIN
                CALL refresh_continuous_aggregate('reading_hour', settled, date_trunc('hour', now()) - INTERVAL '1 hour');
                PERFORM drop_readings(now());
            END $sql$
        $$;
        PERFORM add_job('keep_years', schedule_interval => INTERVAL '30 minutes');
    END IF;
END $migration$;
