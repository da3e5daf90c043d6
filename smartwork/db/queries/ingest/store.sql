-- name: look
SELECT 1

-- name: centre_zones
SELECT slug, centre_id, timezone FROM centre

-- name: known_outboxes
SELECT c.slug, o.edge, o.epoch, o.outbox_id FROM outbox o JOIN centre c USING (centre_id)

-- name: ensure_outboxes
INSERT INTO outbox (centre_id, edge, epoch)
SELECT centre_id, edge, epoch
FROM unnest(%(centre_ids)s::int[], %(edges)s::text[], %(epochs)s::text[]) AS o (centre_id, edge, epoch) ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING

-- name: outboxes
SELECT outbox_id FROM unnest(%(centre_ids)s::int[], %(edges)s::text[], %(epochs)s::text[])
     WITH ORDINALITY AS o (centre_id, edge, epoch, place)
JOIN outbox USING (centre_id, edge, epoch) ORDER BY place

-- name: known_devices
SELECT c.slug, d.slug, d.device_id FROM device d JOIN centre c USING (centre_id) WHERE centre_id = ANY(%s)

-- name: ensure_devices
-- A device that nobody claimed yet is registered as seen: its readings are kept.
INSERT INTO device (centre_id, slug)
SELECT centre_id, slug FROM unnest(%(centre_ids)s::int[], %(slugs)s::text[]) AS d (centre_id, slug) ORDER BY 1, 2
ON CONFLICT DO NOTHING

-- name: lock_outboxes
-- Who stores batches of an outbox does so alone. In order, so that nobody waits for one that waits for him.
SELECT FROM outbox WHERE outbox_id = ANY(%s::int[]) ORDER BY outbox_id FOR NO KEY UPDATE

-- name: record_batches
-- Returns the batches that are new; the others were stored before, or take numbers of another batch. Stored runs do not
-- overlap, so that of those that begin by the end of a new one only the last can reach into it. The order has all of
-- them looked up before the first is stored, or each would step over all that were stored before it.
INSERT INTO batch (outbox_id, first, last, day, stored, rejected, digest, arrived_at)
SELECT b.outbox_id, b.first, b.last, b.day, b.stored, b.rejected, b.digest, %(arrived_at)s
FROM unnest(%(outbox_ids)s::int[], %(firsts)s::bigint[], %(lasts)s::bigint[], %(days)s::date[],
            %(stored)s::int[], %(rejected)s::int[], %(digests)s::bytea[])
     AS b (outbox_id, first, last, day, stored, rejected, digest)
LEFT JOIN LATERAL (
    SELECT last FROM batch WHERE outbox_id = b.outbox_id AND first <= b.last ORDER BY first DESC LIMIT 1
) AS held ON true
WHERE held.last IS NULL OR held.last < b.first
ORDER BY b.outbox_id, b.first
RETURNING outbox_id, first

-- name: count_resends
-- Byte-identical batches that came before; what is not returned is a conflict.
UPDATE batch SET resends = resends + times
FROM (SELECT outbox_id, first, digest, count(*)::int AS times
      FROM unnest(%(outbox_ids)s::int[], %(firsts)s::bigint[], %(digests)s::bytea[]) AS b (outbox_id, first, digest)
      GROUP BY outbox_id, first, digest) AS again
WHERE batch.outbox_id = again.outbox_id AND batch.first = again.first AND batch.digest = again.digest
RETURNING batch.outbox_id, batch.first, batch.digest

-- name: copy_readings
COPY reading (at, device_id, metric, value, outbox_id, n) FROM STDIN (FORMAT BINARY)

-- name: record_rejected
INSERT INTO rejected (arrived_at, topic, reason, outbox_id, n, payload) VALUES (%s, %s, %s, %s, %s, %s)

-- name: queue_spans
INSERT INTO span_queue (device_id, since)
SELECT device_id, 'epoch'::timestamptz + since_ms * interval '1 ms'
FROM unnest(%(device_ids)s::int[], %(since_ms)s::bigint[]) AS s (device_id, since_ms)
ORDER BY device_id
ON CONFLICT (device_id) DO UPDATE SET since = least(span_queue.since, excluded.since), last_at = now()

-- name: record_edge_days
-- A report that was overtaken by a newer one changes nothing.
INSERT INTO edge_day (outbox_id, day, numbered, in_outbox, reported_at)
SELECT %(outbox_id)s, day, numbered, in_outbox, %(reported_at)s
FROM unnest(%(days)s::date[], %(numbered)s::bigint[], %(in_outbox)s::bigint[]) AS d (day, numbered, in_outbox)
ORDER BY day
ON CONFLICT (outbox_id, day) DO UPDATE
SET numbered = excluded.numbered, in_outbox = excluded.in_outbox, reported_at = excluded.reported_at
WHERE edge_day.reported_at <= excluded.reported_at

-- name: record_status
INSERT INTO edge_status (centre_id, edge, state, since) VALUES (%(centre_id)s, %(edge)s, %(state)s, %(at)s)
ON CONFLICT (centre_id, edge) DO UPDATE SET state = excluded.state, since = excluded.since
WHERE edge_status.state <> excluded.state
