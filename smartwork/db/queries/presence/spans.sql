-- name: count_queued_devices
SELECT count(*) FROM span_queue

-- name: take_queued_devices
-- Devices without new readings for `quiet`, or in the queue for `longest_wait`. Skips devices that another worker has taken.
DELETE FROM span_queue
WHERE device_id IN (SELECT device_id FROM span_queue
                    WHERE last_at <= now() - %(quiet)s::interval OR first_at <= now() - %(longest_wait)s::interval
                    ORDER BY device_id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING device_id, (extract(epoch FROM since) * 1000000)::bigint

-- name: watching_devices
-- Devices whose readings give the spans of a resource. If several sensors of one resource report presence, only the one that
-- was registered first does.
SELECT device_id, resource_id, interval_s FROM device
WHERE device_id = ANY(%s::int[]) AND resource_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM device other
                  WHERE other.resource_id = device.resource_id AND other.device_id < device.device_id
                    AND (SELECT at FROM reading WHERE device_id = other.device_id AND metric = 1 LIMIT 1) IS NOT NULL)
ORDER BY device_id

-- name: presence_since
-- The presence readings of each device from its anchor on: its last reading before `since` less `lookback`. Without such a
-- reading, all later ones. One row a device, with times and states as binary arrays, which are read as whole columns.
SELECT s.device_id, array_send(r.ats), array_send(r.present)
FROM unnest(%(device_ids)s::int[], %(since_us)s::bigint[], %(lookback_us)s::bigint[]) AS s (device_id, since_us, lookback_us)
CROSS JOIN LATERAL (
    SELECT 'epoch'::timestamptz + (s.since_us - s.lookback_us) * interval '1 microsecond' AS at
) AS horizon
LEFT JOIN LATERAL (
    SELECT at FROM reading
    WHERE device_id = s.device_id AND metric = 1 AND at < horizon.at
    ORDER BY at DESC LIMIT 1
) AS anchor ON true
CROSS JOIN LATERAL (
    SELECT array_agg(at ORDER BY at, n) AS ats, array_agg(value > 0 ORDER BY at, n) AS present
    FROM reading WHERE device_id = s.device_id AND metric = 1 AND at >= coalesce(anchor.at, horizon.at)
) AS r
WHERE r.ats IS NOT NULL
ORDER BY s.device_id

-- name: delete_spans_since
DELETE FROM span USING unnest(%(resource_ids)s::int[], %(since_us)s::bigint[]) AS s (resource_id, since_us)
WHERE span.resource_id = s.resource_id AND starts_at >= 'epoch'::timestamptz + s.since_us * interval '1 microsecond'

-- name: cut_spans
-- Ends the span that reaches over `since`, and returns it, so that it can be joined with the first new span.
UPDATE span SET ends_at = s.since
FROM (SELECT resource_id, 'epoch'::timestamptz + since_us * interval '1 microsecond' AS since
      FROM unnest(%(resource_ids)s::int[], %(since_us)s::bigint[]) AS u (resource_id, since_us)) AS s
WHERE span.resource_id = s.resource_id AND starts_at < s.since AND ends_at > s.since
RETURNING span.resource_id, (extract(epoch FROM starts_at) * 1000000)::bigint, state

-- name: delete_joined_spans
DELETE FROM span USING unnest(%(resource_ids)s::int[], %(starts_us)s::bigint[]) AS s (resource_id, starts_us)
WHERE span.resource_id = s.resource_id AND starts_at = 'epoch'::timestamptz + s.starts_us * interval '1 microsecond'

-- name: copy_spans
COPY span (resource_id, starts_at, ends_at, state, suspect) FROM STDIN (FORMAT BINARY)
