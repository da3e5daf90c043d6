-- name: lock_outboxes
-- Only one worker at a time stores batches of an outbox. The order prevents deadlocks.
SELECT FROM outbox WHERE outbox_id = ANY(%s::int[]) ORDER BY outbox_id FOR NO KEY UPDATE

-- name: record_batches
-- Inserts the batches whose numbers no stored batch has, and returns them. Stored runs do not overlap: of those that begin
-- at or before the end of a new run, only the last can overlap it. ORDER BY makes the executor look all of them up before
-- it inserts the first; otherwise each look-up would step over the rows inserted before.
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
-- Returns the batches that are byte-identical to a stored one; those that are not returned are conflicts.
UPDATE batch SET resends = resends + times
FROM (SELECT outbox_id, first, digest, count(*)::int AS times
      FROM unnest(%(outbox_ids)s::int[], %(firsts)s::bigint[], %(digests)s::bytea[]) AS b (outbox_id, first, digest)
      GROUP BY outbox_id, first, digest) AS again
WHERE batch.outbox_id = again.outbox_id AND batch.first = again.first AND batch.digest = again.digest
RETURNING batch.outbox_id, batch.first, batch.digest
