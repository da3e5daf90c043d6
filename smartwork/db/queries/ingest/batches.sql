-- name: lock_outboxes
-- Only one worker at a time stores batches and reports of an outbox. The order prevents deadlocks.
SELECT outbox_id, said_hello, closed_after, last, in_outbox, reported_at
FROM outbox WHERE outbox_id = ANY(%s::int[]) ORDER BY outbox_id FOR NO KEY UPDATE

-- name: record_batches
-- Inserts the batches whose numbers no stored batch has, and returns them. Stored runs do not overlap: of those that begin
-- at or before the end of a new run, only the last can overlap it. ORDER BY makes the executor look all of them up before
-- it inserts the first; otherwise each look-up would step over the rows inserted before. `follows_gap`: the numbers before
-- a batch are neither stored nor among the other rows.
INSERT INTO batch (outbox_id, first, last, day, stored, rejected, digest, arrived_at, follows_gap)
SELECT b.outbox_id, b.first, b.last, b.day, b.stored, b.rejected, b.digest, %(arrived_at)s,
       greatest(held.last, lag(b.last, 1, 0) OVER (PARTITION BY b.outbox_id ORDER BY b.first)) + 1 < b.first
FROM unnest(%(outbox_ids)s::int[], %(firsts)s::bigint[], %(lasts)s::bigint[], %(days)s::date[],
            %(stored)s::int[], %(rejected)s::int[], %(digests)s::bytea[])
     AS b (outbox_id, first, last, day, stored, rejected, digest)
LEFT JOIN LATERAL (
    SELECT last FROM batch WHERE outbox_id = b.outbox_id AND first <= b.last ORDER BY first DESC LIMIT 1
) AS held ON true
WHERE b.first > coalesce(held.last, 0) AND b.first <= coalesce(held.last, 0) + %(most_numbers)s
ORDER BY b.outbox_id, b.first
RETURNING outbox_id, first

-- name: count_resends
-- Returns the batches that are byte-identical to a stored one; those that are not returned are conflicts.
UPDATE batch SET resends = resends + times
FROM (SELECT outbox_id, first, digest, count(*)::int AS times
      FROM unnest(%(outbox_ids)s::int[], %(firsts)s::bigint[], %(digests)s::bytea[]) AS b (outbox_id, first, digest)
      GROUP BY outbox_id, first, digest) AS again
WHERE batch.outbox_id = again.outbox_id AND batch.first = again.first AND batch.digest = again.digest
RETURNING batch.outbox_id, batch.first, batch.digest

-- name: stored_numbers
-- The numbers of these readings that are stored with the same device, metric, time and value.
SELECT r.n FROM unnest(%(device_ids)s::int[], %(metrics)s::smallint[], %(at_ms)s::bigint[], %(values)s::float8[],
                       %(numbers)s::bigint[]) AS q (device_id, metric, at_ms, value, n)
JOIN reading r ON r.device_id = q.device_id AND r.metric = q.metric
              AND r.at = 'epoch'::timestamptz + q.at_ms * interval '1 ms' AND r.value = q.value AND r.n = q.n
WHERE r.outbox_id = %(outbox_id)s AND r.at >= %(since)s AND r.at <= %(until)s
ORDER BY r.n
