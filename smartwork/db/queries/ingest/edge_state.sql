-- name: record_edge_days
-- A report that is older than the stored one changes nothing.
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
