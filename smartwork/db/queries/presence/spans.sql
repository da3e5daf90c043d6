-- name: count_queued_devices
SELECT (SELECT count(*) FROM span_queue) + (SELECT count(*) FROM place_span_queue)

-- name: lock_derivation
-- Held to the end of the transaction. An assignment that changes waits for it, see the function queue_place.
SELECT pg_advisory_xact_lock_shared(7304203)

-- name: take_queued_devices
-- Devices without new readings for `quiet`, or in the queue for `longest_wait`. Skips devices that another worker has taken.
DELETE FROM span_queue
WHERE device_id IN (SELECT device_id FROM span_queue
                    WHERE last_at <= now() - %(quiet)s::interval OR first_at <= now() - %(longest_wait)s::interval
                    ORDER BY device_id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING device_id, (extract(epoch FROM since) * 1000000)::bigint

-- name: take_queued_places
DELETE FROM place_span_queue
WHERE resource_id IN (SELECT resource_id FROM place_span_queue ORDER BY resource_id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING resource_id, (extract(epoch FROM since) * 1000000)::bigint

-- name: watches_to_derive
-- The assignments that the spans of queued places depend on, by place; a queued place without one gets a row of NULLs.
-- A reading counts for the place that its device watched then: assignments that ended before `since` have nothing new.
-- Assignments that ended long before have no influence at all. A place that had only one needs no combination.
WITH touched AS (
    SELECT a.resource_id, q.since_us, false AS by_place
    FROM unnest(%(device_ids)s::int[], %(device_since_us)s::bigint[]) AS q (device_id, since_us)
    JOIN device_assignment a USING (device_id)
    WHERE a.ends_at > 'epoch'::timestamptz + q.since_us * interval '1 microsecond'
    UNION ALL
    SELECT * FROM (SELECT * FROM unnest(%(place_ids)s::int[], %(place_since_us)s::bigint[])) AS q (resource_id, since_us),
                  (VALUES (true)) AS v (by_place)
), place AS (
    SELECT resource_id, min(since_us) AS since_us, bool_or(by_place) AS by_place FROM touched GROUP BY resource_id
)
SELECT p.resource_id, p.since_us, a.assignment_id, d.interval_s,
       CASE WHEN isfinite(a.ends_at) THEN (extract(epoch FROM a.ends_at) * 1000000)::bigint END,
       p.by_place OR (SELECT count(*) FROM device_assignment o WHERE o.resource_id = p.resource_id) > 1
FROM place p
LEFT JOIN device_assignment a ON a.resource_id = p.resource_id
    AND a.ends_at > 'epoch'::timestamptz + p.since_us * interval '1 microsecond' - %(influence)s::interval
LEFT JOIN device d USING (device_id)
ORDER BY p.resource_id, a.assignment_id

-- name: lock_places
-- One worker at a time derives a place of several devices, so that none writes what it read before the other's readings.
SELECT pg_advisory_xact_lock(7304204, resource_id) FROM unnest(%s::int[]) AS p (resource_id)

-- name: presence_since
-- The presence readings of each assignment from its anchor on: its last reading before `since` less `lookback`. Without such
-- a reading, all later ones. One row an assignment, with times and states as binary arrays, which are read as whole columns.
SELECT s.assignment_id, array_send(r.ats), array_send(r.present)
FROM unnest(%(assignment_ids)s::int[], %(since_us)s::bigint[], %(lookback_us)s::bigint[])
     AS s (assignment_id, since_us, lookback_us)
JOIN device_assignment a USING (assignment_id)
CROSS JOIN LATERAL (
    SELECT 'epoch'::timestamptz + (s.since_us - s.lookback_us) * interval '1 microsecond' AS at
) AS horizon
LEFT JOIN LATERAL (
    SELECT at FROM reading
    WHERE device_id = a.device_id AND metric = 1 AND at < horizon.at AND at >= a.starts_at
    ORDER BY at DESC LIMIT 1
) AS anchor ON true
CROSS JOIN LATERAL (
    SELECT array_agg(at ORDER BY at, n) AS ats, array_agg(value > 0 ORDER BY at, n) AS present
    FROM reading
    WHERE device_id = a.device_id AND metric = 1
      AND at >= greatest(coalesce(anchor.at, horizon.at), a.starts_at) AND at < a.ends_at
) AS r
WHERE r.ats IS NOT NULL
ORDER BY s.assignment_id

-- name: stored_spans_since
-- The first one may begin earlier: its part after `since`. Only the last span that begins before can reach over `since`.
SELECT span.resource_id, (extract(epoch FROM greatest(starts_at, s.since)) * 1000000)::bigint,
       (extract(epoch FROM ends_at) * 1000000)::bigint, state, suspect, contradicted
FROM (SELECT resource_id, 'epoch'::timestamptz + since_us * interval '1 microsecond' AS since
      FROM unnest(%(resource_ids)s::int[], %(since_us)s::bigint[]) AS u (resource_id, since_us)) AS s
CROSS JOIN LATERAL (SELECT coalesce(max(starts_at), s.since) AS first FROM span
                    WHERE resource_id = s.resource_id AND starts_at < s.since) AS reach
JOIN span ON span.resource_id = s.resource_id AND starts_at >= reach.first AND ends_at > s.since
ORDER BY span.resource_id, starts_at

-- name: delete_spans_since
DELETE FROM span USING unnest(%(resource_ids)s::int[], %(since_us)s::bigint[]) AS s (resource_id, since_us)
WHERE span.resource_id = s.resource_id AND starts_at >= 'epoch'::timestamptz + s.since_us * interval '1 microsecond'

-- name: cut_spans
-- Ends the span that reaches over `since`, and returns it, so that it can be joined with the first new span. Spans of a place
-- do not overlap: only the last one that begins before can. It is looked up alone, or all earlier spans would be read.
UPDATE span SET ends_at = s.since
FROM (SELECT u.resource_id, u.since, last.starts_at
      FROM (SELECT resource_id, 'epoch'::timestamptz + since_us * interval '1 microsecond' AS since
            FROM unnest(%(resource_ids)s::int[], %(since_us)s::bigint[]) AS a (resource_id, since_us)) AS u
      CROSS JOIN LATERAL (SELECT starts_at FROM span WHERE resource_id = u.resource_id AND starts_at < u.since
                          ORDER BY starts_at DESC LIMIT 1) AS last) AS s
WHERE span.resource_id = s.resource_id AND span.starts_at = s.starts_at AND span.ends_at > s.since
RETURNING span.resource_id, (extract(epoch FROM s.since) * 1000000)::bigint,
          (extract(epoch FROM span.starts_at) * 1000000)::bigint, span.state

-- name: spans_before
-- The last span of each place that begins before `until`.
SELECT p.resource_id, (extract(epoch FROM last.starts_at) * 1000000)::bigint,
       (extract(epoch FROM last.ends_at) * 1000000)::bigint, last.state
FROM unnest(%(resource_ids)s::int[], %(until_us)s::bigint[]) AS p (resource_id, until_us)
CROSS JOIN LATERAL (
    SELECT starts_at, ends_at, state FROM span
    WHERE resource_id = p.resource_id AND starts_at < 'epoch'::timestamptz + p.until_us * interval '1 microsecond'
    ORDER BY starts_at DESC LIMIT 1
) AS last

-- name: delete_joined_spans
DELETE FROM span USING unnest(%(resource_ids)s::int[], %(starts_us)s::bigint[]) AS s (resource_id, starts_us)
WHERE span.resource_id = s.resource_id AND starts_at = 'epoch'::timestamptz + s.starts_us * interval '1 microsecond'

-- name: copy_spans
COPY span (resource_id, starts_at, ends_at, state, suspect, contradicted) FROM STDIN (FORMAT BINARY)
