-- name: recover_rejected
-- Stores the readings of a centre that were rejected with a reason, under their time plus a shift: they leave `rejected`, count
-- as stored in their batch, and their spans are derived. The payload of a row is: ms since 1970, metric, value, device.
WITH taken AS (
    DELETE FROM rejected r USING outbox o, centre c, device d
    WHERE r.outbox_id = o.outbox_id AND o.centre_id = c.centre_id AND c.slug = %(centre)s AND r.n IS NOT NULL
      AND r.reason = %(reason)s AND r.arrived_at >= %(since)s AND r.arrived_at < %(until)s
      AND d.centre_id = c.centre_id AND d.slug = split_part(convert_from(r.payload, 'UTF8'), ' ', 4)
    RETURNING r.outbox_id, r.n, d.device_id, string_to_array(convert_from(r.payload, 'UTF8'), ' ') AS part
), stored AS (
    INSERT INTO reading (at, device_id, metric, value, outbox_id, n)
    SELECT 'epoch'::timestamptz + part[1]::bigint * interval '1 ms' + %(shift)s::interval, device_id, part[2]::smallint,
           part[3]::float8, outbox_id, n
    FROM taken
    RETURNING at, device_id, metric, outbox_id, n
), counted AS (
    UPDATE batch b SET stored = b.stored + found.many, rejected = b.rejected - found.many
    FROM (SELECT s.outbox_id, p.first, count(*)::int AS many
          FROM stored s JOIN batch p ON p.outbox_id = s.outbox_id AND s.n BETWEEN p.first AND p.last
          GROUP BY s.outbox_id, p.first) AS found
    WHERE b.outbox_id = found.outbox_id AND b.first = found.first
), queued AS (
    INSERT INTO span_queue (device_id, since) SELECT device_id, min(at) FROM stored WHERE metric = 1 GROUP BY device_id
    ON CONFLICT (device_id) DO UPDATE SET since = least(span_queue.since, excluded.since), last_at = now()
)
SELECT count(*), min(at), max(at) FROM stored
