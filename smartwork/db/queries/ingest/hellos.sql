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
UPDATE edge_day d SET in_outbox = coalesce(h.in_outbox, 0)
FROM edge_day e LEFT JOIN unnest(%(days)s::date[], %(in_outbox)s::bigint[]) AS h (day, in_outbox) ON h.day = e.day
WHERE e.outbox_id = %(outbox_id)s AND d.outbox_id = e.outbox_id AND d.day = e.day
  AND d.in_outbox IS DISTINCT FROM coalesce(h.in_outbox, 0)

-- name: record_lost_numbers
-- Numbers that were given in an epoch and of which neither a report nor a batch tells the day: counted on the day given.
INSERT INTO edge_day (outbox_id, day, numbered, in_outbox, reported_at)
SELECT %(outbox_id)s, %(day)s,
       %(lost)s + coalesce((SELECT sum(stored + rejected) FROM batch WHERE outbox_id = %(outbox_id)s AND day = %(day)s), 0),
       0, %(at)s
ON CONFLICT (outbox_id, day) DO UPDATE SET numbered = greatest(edge_day.numbered + %(lost)s, excluded.numbered)

-- name: raise_known_number
UPDATE outbox SET last = greatest(last, %(known)s) WHERE outbox_id = %(outbox_id)s
