-- name: keep_lock
SELECT pg_advisory_lock(7304202)

-- name: keep_unlock
SELECT pg_advisory_unlock(7304202)

-- name: kept_by_server
SELECT to_regclass('reading_hour_kept') IS NULL

-- name: server_keeps
-- When the server's own job last ended well, and when it comes again; nulls where it has not run.
SELECT nullif(s.last_successful_finish, '-infinity'), nullif(j.next_start, '-infinity')
FROM timescaledb_information.jobs j LEFT JOIN timescaledb_information.job_stats s USING (job_id)
WHERE j.proc_name = 'keep_years'

-- name: retention_setting
SELECT raw_months, nullif(dropped_before, '-infinity') FROM retention

-- name: readings_settled_before
SELECT nullif(reading_settled_before(), '-infinity')

-- name: retention_limits
-- Those that hold anything back.
SELECT reason, before FROM retention_limits(%s) WHERE isfinite(before) ORDER BY before

-- name: reading_chunks_before
SELECT chunk, starts_at, ends_at, bytes FROM reading_chunks_before(%s)

-- name: drop_readings
SELECT chunk, starts_at, ends_at, bytes FROM drop_readings(%s)

-- name: of_another_server
-- Transactions are counted by each server: after a restore elsewhere what was seen means nothing any more.
SELECT pg_snapshot_xmax(seen) > pg_snapshot_xmax(pg_current_snapshot()) FROM hour_progress

-- name: forget_batches_seen
UPDATE batch SET stored_by = '0' WHERE stored_by <> '0'

-- name: forget_late_hours
DELETE FROM stale_hour

-- name: forget_hours
DELETE FROM reading_hour_kept WHERE hour >= reading_settled_before()

-- name: forget_hour_progress
UPDATE hour_progress SET complete_before = reading_settled_before(), seen = pg_current_snapshot()

-- name: late_hours_due
SELECT (SELECT count(*) FROM late_hour) + (SELECT count(*) FROM stale_hour)

-- name: queue_late_hours
-- One statement, so one view of the data: what it does not see is new the next time.
WITH queued AS (
    INSERT INTO stale_hour (centre_id, starts_at, ends_at) SELECT centre_id, starts_at, ends_at FROM late_hour
    ON CONFLICT (centre_id, starts_at) DO UPDATE SET ends_at = greatest(stale_hour.ends_at, excluded.ends_at)
)
UPDATE hour_progress SET seen = pg_current_snapshot()

-- name: take_late_hours
DELETE FROM stale_hour
WHERE (centre_id, starts_at) = (SELECT centre_id, starts_at FROM stale_hour ORDER BY starts_at, centre_id LIMIT 1)
RETURNING centre_id, starts_at, ends_at

-- name: days_to_sum_up
-- Stretches of at most a day that have readings, from where the hours are complete to `until`.
SELECT starts_at, ends_at
FROM hour_progress p, timescaledb_information.chunks c,
     generate_series(c.range_start, c.range_end - interval '1 day', interval '1 day') AS day,
     LATERAL (SELECT greatest(day, p.complete_before) AS starts_at,
                     least(day + interval '1 day', %(until)s::timestamptz) AS ends_at) AS stretch
WHERE c.hypertable_schema = current_schema() AND c.hypertable_name = 'reading' AND starts_at < ends_at
ORDER BY day

-- name: day_is_over
-- The instant before which every centre's local day is over, in whole hours.
SELECT coalesce(min(date_trunc('hour', date_trunc('day', %(at)s::timestamptz AT TIME ZONE timezone) AT TIME ZONE timezone)),
                date_trunc('day', %(at)s::timestamptz))
FROM centre

-- name: sum_up_hours
-- Sums up the hours in [starts_at, ends_at) of a centre, or of all; returns how many figures are new or others.
WITH summed AS (
    INSERT INTO reading_hour_kept (device_id, metric, hour, readings, total, low, high, first_at, last_at)
    SELECT d.device_id, h.*
    FROM device d
    CROSS JOIN LATERAL (
        SELECT metric, time_bucket(interval '1 hour', at), count(*), sum(value::numeric), min(value), max(value), min(at), max(at)
        FROM reading
        WHERE device_id = d.device_id AND at >= %(starts_at)s AND at < %(ends_at)s
        GROUP BY metric, time_bucket(interval '1 hour', at)
    ) AS h
    WHERE %(centre_id)s::smallint IS NULL OR d.centre_id = %(centre_id)s
    ON CONFLICT (device_id, metric, hour) DO UPDATE
    SET readings = excluded.readings, total = excluded.total, low = excluded.low, high = excluded.high,
        first_at = excluded.first_at, last_at = excluded.last_at
    WHERE (reading_hour_kept.readings, reading_hour_kept.total, reading_hour_kept.low, reading_hour_kept.high)
          IS DISTINCT FROM (excluded.readings, excluded.total, excluded.low, excluded.high)
    RETURNING 1
)
SELECT count(*) FROM summed

-- name: hours_are_complete
UPDATE hour_progress SET complete_before = greatest(complete_before, %s)
