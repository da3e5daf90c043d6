-- name: lock_retention
SELECT pg_advisory_lock(7304202)

-- name: unlock_retention
SELECT pg_advisory_unlock(7304202)

-- name: server_runs_retention
SELECT to_regclass('reading_hour_stored') IS NULL

-- name: server_retention_job
-- The last success and the next start of the server's own job; NULL if it has not run.
SELECT nullif(s.last_successful_finish, '-infinity'), nullif(j.next_start, '-infinity')
FROM timescaledb_information.jobs j LEFT JOIN timescaledb_information.job_stats s USING (job_id)
WHERE j.proc_name = 'apply_retention'

-- name: raw_months
SELECT raw_months FROM retention

-- name: final_before
SELECT nullif(readings_final_before(), '-infinity')

-- name: retention_limits
-- Only limits that hold readings back.
SELECT reason, before FROM retention_limits(%s) WHERE isfinite(before) ORDER BY before

-- name: reading_chunks_before
SELECT chunk, starts_at, ends_at, bytes FROM reading_chunks_before(%s)

-- name: drop_readings
SELECT chunk, starts_at, ends_at, bytes FROM drop_readings(%s)

-- name: snapshot_of_another_server
-- Each server numbers its transactions itself. After a restore on another server the stored snapshot means nothing.
SELECT pg_snapshot_xmax(snapshot) > pg_snapshot_xmax(pg_current_snapshot()) FROM reading_hour_progress

-- name: forget_storing_transactions
UPDATE batch SET stored_by = '0' WHERE stored_by <> '0'

-- name: clear_hour_queue
DELETE FROM reading_hour_queue

-- name: delete_stored_hours
DELETE FROM reading_hour_stored WHERE hour >= readings_final_before()

-- name: reset_hour_progress
UPDATE reading_hour_progress SET complete_before = readings_final_before(), snapshot = pg_current_snapshot()

-- name: count_late_days
SELECT (SELECT count(*) FROM late_reading_day) + (SELECT count(*) FROM reading_hour_queue)

-- name: queue_late_days
-- One statement, so that both parts see the same batches: a batch that it does not see is new to the next run.
WITH queued AS (
    INSERT INTO reading_hour_queue (centre_id, starts_at, ends_at) SELECT centre_id, starts_at, ends_at FROM late_reading_day
    ON CONFLICT (centre_id, starts_at) DO UPDATE SET ends_at = greatest(reading_hour_queue.ends_at, excluded.ends_at)
)
UPDATE reading_hour_progress SET snapshot = pg_current_snapshot()

-- name: take_late_day
DELETE FROM reading_hour_queue
WHERE (centre_id, starts_at) = (SELECT centre_id, starts_at FROM reading_hour_queue ORDER BY starts_at, centre_id LIMIT 1)
RETURNING centre_id, starts_at, ends_at

-- name: days_to_sum_up
-- Intervals of at most a day that have readings, from where the hours are complete to `until`.
SELECT starts_at, ends_at
FROM reading_hour_progress p, timescaledb_information.chunks c,
     generate_series(c.range_start, c.range_end - interval '1 day', interval '1 day') AS day,
     LATERAL (SELECT greatest(day, p.complete_before) AS starts_at,
                     least(day + interval '1 day', %(until)s::timestamptz) AS ends_at) AS part
WHERE c.hypertable_schema = current_schema() AND c.hypertable_name = 'reading' AND starts_at < ends_at
ORDER BY day

-- name: last_ended_day
-- The instant before which the local day of every centre has ended, in whole hours.
SELECT coalesce(min(date_trunc('hour', date_trunc('day', %(at)s::timestamptz AT TIME ZONE timezone) AT TIME ZONE timezone)),
                date_trunc('day', %(at)s::timestamptz))
FROM centre

-- name: sum_up_hours
-- Sums up the hours in [starts_at, ends_at) of one centre, or of all if it is NULL. Returns how many rows are new or changed.
WITH summed AS (
    INSERT INTO reading_hour_stored (device_id, metric, hour, readings, total, low, high, first_at, last_at)
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
    WHERE (reading_hour_stored.readings, reading_hour_stored.total, reading_hour_stored.low, reading_hour_stored.high)
          IS DISTINCT FROM (excluded.readings, excluded.total, excluded.low, excluded.high)
    RETURNING 1
)
SELECT count(*) FROM summed

-- name: mark_hours_complete
UPDATE reading_hour_progress SET complete_before = greatest(complete_before, %s)
