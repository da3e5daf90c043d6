-- name: copy_readings
COPY reading (at, device_id, metric, value, outbox_id, n) FROM STDIN (FORMAT BINARY)

-- name: queue_spans
INSERT INTO span_queue (device_id, since)
SELECT device_id, 'epoch'::timestamptz + since_ms * interval '1 ms'
FROM unnest(%(device_ids)s::int[], %(since_ms)s::bigint[]) AS s (device_id, since_ms)
ORDER BY device_id
ON CONFLICT (device_id) DO UPDATE SET since = least(span_queue.since, excluded.since), last_at = now()
