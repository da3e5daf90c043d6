-- name: record_ledger_report
-- A report names all days of its epoch: a day of an earlier report that it does not name was wrong.
WITH dropped AS (
    DELETE FROM edge_day WHERE outbox_id = %(outbox_id)s AND day <> ALL(%(days)s::date[])
), counted AS (
    UPDATE outbox SET last = %(last)s, in_outbox = %(total_in_outbox)s, reported_at = %(arrived_at)s
    WHERE outbox_id = %(outbox_id)s
)
INSERT INTO edge_day (outbox_id, day, numbered, in_outbox, reported_at)
SELECT %(outbox_id)s, day, numbered, in_outbox, %(reported_at)s
FROM unnest(%(days)s::date[], %(numbered)s::bigint[], %(in_outbox)s::bigint[]) AS d (day, numbered, in_outbox)
ORDER BY day
ON CONFLICT (outbox_id, day) DO UPDATE
SET numbered = excluded.numbered, in_outbox = excluded.in_outbox, reported_at = excluded.reported_at
WHERE (edge_day.numbered, edge_day.in_outbox) IS DISTINCT FROM (excluded.numbered, excluded.in_outbox)

-- name: clock_behind
-- Since when an edge's reports have seemed to come from a clock behind the server's.
INSERT INTO edge_clock (centre_id, edge, behind_since) VALUES (%(centre_id)s, %(edge)s, %(at)s)
ON CONFLICT (centre_id, edge) DO NOTHING

-- name: clock_not_behind
DELETE FROM edge_clock WHERE centre_id = %(centre_id)s AND edge = %(edge)s

-- name: register_edges
-- Inserts the edges that have no row yet. A centre gets at most `most_edges` rows, whatever names arrive.
INSERT INTO edge_status (centre_id, edge, state, since, last_message_at)
SELECT centre_id, edge, 'online', %(at)s, %(at)s
FROM (SELECT g.centre_id, g.edge, (SELECT count(*) FROM edge_status s WHERE s.centre_id = g.centre_id)
                                  + row_number() OVER (PARTITION BY g.centre_id ORDER BY g.edge) AS nth
      FROM unnest(%(centre_ids)s::smallint[], %(edges)s::text[]) AS g (centre_id, edge)
      WHERE NOT EXISTS (SELECT FROM edge_status s WHERE s.centre_id = g.centre_id AND s.edge = g.edge)) new
WHERE nth <= %(most_edges)s
ORDER BY centre_id, edge
ON CONFLICT DO NOTHING

-- name: record_edge_states
-- `states` has what an edge published, null where another message of it arrived, which means online as well. A message that
-- was on its way when the edge went offline does not bring it back. A message is not `active` if it is a retained one.
UPDATE edge_status s
SET state = new.state,
    since = CASE WHEN new.state = s.state THEN s.since ELSE %(at)s END,
    last_message_at = CASE WHEN new.is_active THEN greatest(s.last_message_at, %(at)s) ELSE s.last_message_at END
FROM (SELECT e.centre_id, e.edge, g.is_active,
             CASE WHEN g.state IS NOT NULL THEN g.state
                  WHEN e.since > %(at)s::timestamptz - %(settling)s::interval THEN e.state
                  ELSE 'online' END AS state
      FROM unnest(%(centre_ids)s::smallint[], %(edges)s::text[], %(states)s::text[], %(active)s::boolean[])
           AS g (centre_id, edge, state, is_active)
      JOIN edge_status e USING (centre_id, edge)
      ORDER BY e.centre_id, e.edge
      FOR NO KEY UPDATE OF e) new
WHERE new.centre_id = s.centre_id AND new.edge = s.edge
