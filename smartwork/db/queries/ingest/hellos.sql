-- name: gateway_lease
SELECT instance, since, seen_at, ended, rival, rival_since, challenger, challenged_at, refused_at
FROM gateway_lease WHERE centre_id = %(centre_id)s AND edge = %(edge)s FOR UPDATE

-- name: record_gateway_lease
INSERT INTO gateway_lease
    (centre_id, edge, instance, since, seen_at, ended, rival, rival_since, challenger, challenged_at, refused_at)
VALUES (%(centre_id)s, %(edge)s, %(instance)s, %(since)s, %(seen_at)s, %(ended)s, %(rival)s, %(rival_since)s,
        %(challenger)s, %(challenged_at)s, %(refused_at)s)
ON CONFLICT (centre_id, edge) DO UPDATE
SET instance = excluded.instance, since = excluded.since, rival = excluded.rival, rival_since = excluded.rival_since,
    seen_at = excluded.seen_at, ended = excluded.ended, challenger = excluded.challenger,
    challenged_at = excluded.challenged_at, refused_at = excluded.refused_at

-- name: end_gateway_connections
UPDATE gateway_lease SET ended = true
FROM unnest(%(centre_ids)s::smallint[], %(edges)s::text[]) AS g (centre_id, edge)
WHERE gateway_lease.centre_id = g.centre_id AND gateway_lease.edge = g.edge

-- name: known_numbers
-- The highest number of an outbox that was reported or stored, and the highest that was reported.
SELECT greatest(o.last, coalesce((SELECT b.last FROM batch b WHERE b.outbox_id = o.outbox_id ORDER BY b.first DESC LIMIT 1), 0))
           AS known,
       o.accepted_for, o.closed_after
FROM outbox o WHERE o.outbox_id = %(outbox_id)s FOR NO KEY UPDATE

-- name: accept_epoch
UPDATE outbox SET said_hello = true, accepted_for = %(instance)s
WHERE outbox_id = %(outbox_id)s AND (NOT said_hello OR accepted_for IS DISTINCT FROM %(instance)s)

-- name: close_epoch
-- Nothing of the epoch is in an outbox now, unless its gateway names it.
WITH closed AS (
    UPDATE outbox SET closed_after = coalesce(closed_after, %(closed_after)s), said_hello = true
    WHERE outbox_id = %(outbox_id)s AND (closed_after IS NULL OR NOT said_hello)
    RETURNING outbox_id
)
UPDATE edge_day SET in_outbox = 0 FROM closed WHERE edge_day.outbox_id = closed.outbox_id

-- name: record_held_days
-- What an outbox still holds of an epoch that it has left, by day; it holds nothing of other days.
WITH released AS (
    UPDATE edge_day SET in_outbox = 0
    WHERE outbox_id = %(outbox_id)s AND in_outbox <> 0 AND day <> ALL(%(days)s::date[])
)
INSERT INTO edge_day (outbox_id, day, numbered, in_outbox, reported_at)
SELECT %(outbox_id)s, h.day, h.in_outbox + arrived.many, h.in_outbox, %(at)s
FROM unnest(%(days)s::date[], %(in_outbox)s::bigint[]) AS h (day, in_outbox)
CROSS JOIN LATERAL (SELECT coalesce(sum(b.stored + b.rejected), 0)::bigint AS many
                    FROM batch b WHERE b.outbox_id = %(outbox_id)s AND b.day = h.day) AS arrived
ON CONFLICT (outbox_id, day) DO UPDATE
SET numbered = greatest(edge_day.numbered, excluded.numbered), in_outbox = excluded.in_outbox

-- name: counted_numbers
-- How many numbers of an outbox the ledger counts, over all days.
SELECT coalesce(sum(numbered), 0)::bigint FROM (
    SELECT greatest(max(numbered), sum(arrived)) AS numbered
    FROM (
        SELECT day, (stored + rejected)::bigint AS arrived, 0::bigint AS numbered FROM batch WHERE outbox_id = %(outbox_id)s
        UNION ALL
        SELECT day, 0, numbered FROM edge_day WHERE outbox_id = %(outbox_id)s
        UNION ALL
        SELECT day, last - first + 1, 0 FROM ledger_gap WHERE outbox_id = %(outbox_id)s
    ) AS counted GROUP BY day
) AS by_day

-- name: record_lost_numbers
-- Numbers that were given in an epoch and of which neither a report nor a batch tells the day: counted on the day given.
INSERT INTO edge_day (outbox_id, day, numbered, in_outbox, reported_at)
SELECT %(outbox_id)s, %(day)s,
       %(lost)s + coalesce((SELECT sum(stored + rejected) FROM batch WHERE outbox_id = %(outbox_id)s AND day = %(day)s), 0)
       + coalesce((SELECT sum(last - first + 1) FROM ledger_gap WHERE outbox_id = %(outbox_id)s AND day = %(day)s), 0),
       0, %(at)s
ON CONFLICT (outbox_id, day) DO UPDATE SET numbered = greatest(edge_day.numbered + %(lost)s, excluded.numbered)

-- name: count_fewer_numbers
-- Takes numbers that are counted twice from the newest day that has so many which neither arrived nor are in the outbox.
UPDATE edge_day d SET numbered = d.numbered - %(excess)s
FROM (SELECT e.day FROM edge_day e
      WHERE e.outbox_id = %(outbox_id)s AND e.numbered - e.in_outbox - %(excess)s >= coalesce(
          (SELECT sum(b.stored + b.rejected) FROM batch b WHERE b.outbox_id = e.outbox_id AND b.day = e.day), 0)
      ORDER BY e.day DESC LIMIT 1) AS newest
WHERE d.outbox_id = %(outbox_id)s AND d.day = newest.day

-- name: raise_known_number
UPDATE outbox SET last = greatest(last, %(known)s) WHERE outbox_id = %(outbox_id)s
