-- name: take_stale
-- Skips what another worker is deriving at this moment. Only devices that watch a resource have spans.
DELETE FROM stale_span
WHERE device_id IN (SELECT device_id FROM stale_span ORDER BY device_id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING device_id, since

-- name: watchers
-- Of several sensors that report presence for one resource the one that was registered first speaks for it.
SELECT device_id, resource_id, interval_s FROM device
WHERE device_id = ANY(%s) AND resource_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM device other JOIN latest ON latest.device_id = other.device_id AND latest.metric = 1
                  WHERE other.resource_id = device.resource_id AND other.device_id < device.device_id)

-- name: anchors
-- For each device the last presence reading that cannot depend on anything at or after `since`: derivation restarts there,
-- and where there is none, from the first reading of all.
SELECT s.device_id, coalesce(anchor.at, s.since - make_interval(secs => s.lookback_s))
FROM unnest(%(device_ids)s::int[], %(since)s::timestamptz[], %(lookback_s)s::float8[]) AS s (device_id, since, lookback_s)
LEFT JOIN LATERAL (
    SELECT at FROM reading
    WHERE device_id = s.device_id AND metric = 1 AND at < s.since - make_interval(secs => s.lookback_s)
    ORDER BY at DESC LIMIT 1
) AS anchor ON true

-- name: presence_since
-- Each device's presence from its own start on, as two arrays in order of time: one row a device is quick to fetch.
SELECT s.device_id, r.ats, r.present
FROM unnest(%(device_ids)s::int[], %(since)s::timestamptz[]) AS s (device_id, since)
CROSS JOIN LATERAL (
    SELECT array_agg(extract(epoch FROM at)::float8 ORDER BY at, n) AS ats,
           array_agg(value > 0 ORDER BY at, n) AS present
    FROM reading WHERE device_id = s.device_id AND metric = 1 AND at >= s.since
) AS r
WHERE r.ats IS NOT NULL

-- name: presence_between
SELECT extract(epoch FROM at)::float8, value > 0 FROM reading
WHERE device_id = %(device_id)s AND metric = 1 AND at >= %(start)s AND at < %(end)s ORDER BY at, n

-- name: drop_spans
DELETE FROM span USING unnest(%(resource_ids)s::int[], %(since)s::timestamptz[]) AS s (resource_id, since)
WHERE span.resource_id = s.resource_id AND starts_at >= s.since

-- name: cut_spans
-- The span that reaches into what is derived again ends there; it is returned so that it can grow together again.
UPDATE span SET ends_at = s.since
FROM unnest(%(resource_ids)s::int[], %(since)s::timestamptz[]) AS s (resource_id, since)
WHERE span.resource_id = s.resource_id AND starts_at < s.since AND ends_at > s.since
RETURNING span.resource_id, extract(epoch FROM starts_at)::float8, state

-- name: drop_grown_spans
DELETE FROM span USING unnest(%(resource_ids)s::int[], %(starts_at)s::timestamptz[]) AS s (resource_id, starts_at)
WHERE span.resource_id = s.resource_id AND span.starts_at = s.starts_at

-- name: copy_spans
COPY span (resource_id, starts_at, ends_at, state, suspect) FROM STDIN
