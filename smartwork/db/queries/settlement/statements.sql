-- name: statement_verdicts
-- By centre and local day: the month's verdicts of each kind. The booked and unknown time of cancelled bookings is 0.
SELECT c.slug, (v.starts_at AT TIME ZONE c.timezone)::date, v.verdict, v.company_id IS NOT NULL, count(*),
       sum(CASE WHEN v.verdict IN ('cancelled', 'cancelled_late') THEN 0 ELSE v.booked_s END)::bigint, sum(v.occupied_s + v.over_s)::bigint,
       sum(CASE WHEN v.verdict IN ('cancelled', 'cancelled_late') THEN 0 ELSE v.unknown_s END)::bigint
FROM verdict v JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
WHERE r.kind IN ('desk', 'room')
  AND v.starts_at >= %(month)s::timestamp AT TIME ZONE c.timezone
  AND v.starts_at < (%(month)s::timestamp + interval '1 month') AT TIME ZONE c.timezone
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4

-- name: unattributed_stays
-- Unattributed walk-ins of the month, by centre and time.
SELECT c.slug, c.timezone, r.slug, r.name, v.starts_at, v.ends_at, v.occupied_s
FROM verdict v JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
WHERE v.company_id IS NULL AND v.verdict = 'walk_in' AND r.kind IN ('desk', 'room')
  AND (%(centre)s::text IS NULL OR c.slug = %(centre)s)
  AND v.starts_at >= %(month)s::timestamp AT TIME ZONE c.timezone
  AND v.starts_at < (%(month)s::timestamp + interval '1 month') AT TIME ZONE c.timezone
ORDER BY c.slug, v.starts_at, r.slug

-- name: put_statement
INSERT INTO centre_statement (invoice_id, document, digest)
SELECT invoice_id, %(document)s, %(digest)s FROM invoice WHERE number = %(number)s

-- name: latest_statement_posting
-- The posting of the last document of a centre that has a statement.
SELECT max(p.posting_id) FROM centre_statement s JOIN invoice i USING (invoice_id) JOIN posting p USING (invoice_id)
WHERE i.centre_id = %(centre_id)s AND p.kind = 'settlement'

-- name: statements_of_month
SELECT i.number, s.document, s.digest FROM centre_statement s JOIN invoice i USING (invoice_id)
WHERE i.month = %(month)s ORDER BY s.invoice_id
