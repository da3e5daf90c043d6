-- name: take_stale
-- What was not touched for `quiet`, or waits for `longest` already. Skips what another worker is deriving at this moment.
-- Only devices that watch a resource have spans.
DELETE FROM span_queue
WHERE device_id IN (SELECT device_id FROM span_queue
                    WHERE last_at <= now() - %(quiet)s::interval OR first_at <= now() - %(longest)s::interval
                    ORDER BY device_id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING device_id, (extract(epoch FROM since) * 1000000)::bigint

-- name: watchers
-- Of several sensors that report presence for one resource the one that was registered first speaks for it.
SELECT device_id, resource_id, interval_s FROM device
WHERE device_id = ANY(%s::int[]) AND resource_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM device other
                  WHERE other.resource_id = device.resource_id AND other.device_id < device.device_id
                    AND (SELECT at FROM reading WHERE device_id = other.device_id AND metric = 1 LIMIT 1) IS NOT NULL)
ORDER BY device_id

-- name: presence_since
-- Each device's presence from the last reading on that cannot depend on anything at or after `since`, and where there is
-- none, from the first reading of all. One row a device, and its times and states in the binary form of arrays, which is
-- read a whole column at a time.
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

-- name: drop_spans
DELETE FROM span USING unnest(%(resource_ids)s::int[], %(since_us)s::bigint[]) AS s (resource_id, since_us)
WHERE span.resource_id = s.resource_id AND starts_at >= 'epoch'::timestamptz + s.since_us * interval '1 microsecond'

-- name: cut_spans
-- The span that reaches into what is derived again ends there; it is returned so that it can grow together again.
UPDATE span SET ends_at = s.since
FROM (SELECT resource_id, 'epoch'::timestamptz + since_us * interval '1 microsecond' AS since
      FROM unnest(%(resource_ids)s::int[], %(since_us)s::bigint[]) AS u (resource_id, since_us)) AS s
WHERE span.resource_id = s.resource_id AND starts_at < s.since AND ends_at > s.since
RETURNING span.resource_id, (extract(epoch FROM starts_at) * 1000000)::bigint, state

-- name: drop_grown_spans
DELETE FROM span USING unnest(%(resource_ids)s::int[], %(starts_us)s::bigint[]) AS s (resource_id, starts_us)
WHERE span.resource_id = s.resource_id AND starts_at = 'epoch'::timestamptz + s.starts_us * interval '1 microsecond'

-- name: copy_spans
COPY span (resource_id, starts_at, ends_at, state, suspect) FROM STDIN (FORMAT BINARY)
