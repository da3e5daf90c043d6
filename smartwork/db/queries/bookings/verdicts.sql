-- name: take_stale_verdicts
-- Takes the marks of a month for this run. A change from now on adds a new mark.
WITH gone AS (DELETE FROM stale_verdict WHERE month = %(month)s AND NOT taken RETURNING resource_id)
INSERT INTO stale_verdict (resource_id, month, taken) SELECT resource_id, %(month)s, true FROM gone ORDER BY 1
ON CONFLICT DO NOTHING

-- name: unjudged_places
SELECT c.timezone, count(*) FROM stale_verdict JOIN resource USING (resource_id) JOIN centre c USING (centre_id)
WHERE month = %(month)s AND taken GROUP BY c.timezone ORDER BY c.timezone

-- name: stale_months
-- The months of which places have to be judged again.
SELECT DISTINCT month FROM stale_verdict WHERE month >= %(since)s AND month <= %(until)s ORDER BY month

-- name: next_stale_verdicts
-- Skips the places that another worker is judging. The rows are deleted in the transaction that writes the verdicts.
SELECT s.resource_id, r.centre_id
FROM stale_verdict s JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
WHERE s.month = %(month)s AND s.taken AND c.timezone = %(timezone)s
ORDER BY s.resource_id LIMIT %(most)s FOR UPDATE OF s SKIP LOCKED

-- name: finish_stale_verdicts
DELETE FROM stale_verdict WHERE month = %(month)s AND taken AND resource_id = ANY(%(resource_ids)s)

-- name: keep_stale_verdicts
INSERT INTO stale_verdict (resource_id, month) SELECT unnest(%(resource_ids)s::int[]), %(month)s ORDER BY 1
ON CONFLICT DO NOTHING

-- name: spans_to_judge
SELECT resource_id, starts_at, ends_at, state, suspect FROM span
WHERE resource_id = ANY(%(resource_ids)s) AND ends_at > %(start)s AND starts_at < %(end)s
ORDER BY resource_id, starts_at

-- name: mark_suspect
UPDATE span SET suspect = true
FROM unnest(%(resource_ids)s::int[], %(starts)s::timestamptz[]) AS m (resource_id, starts_at)
WHERE span.resource_id = m.resource_id AND span.starts_at = m.starts_at

-- name: bookings_to_judge
SELECT b.resource_id, b.booking_id, m.company_id, b.starts_at, b.ends_at, b.status = 'cancelled', b.cancelled_late_at,
       coalesce(b.released_at = b.starts_at, false)
FROM booking b JOIN member m USING (member_id)
WHERE b.resource_id = ANY(%(resource_ids)s) AND b.starts_at >= %(earliest)s AND b.starts_at < %(end)s
  AND b.ends_at > %(start)s

-- name: check_ins_to_judge
SELECT k.resource_id, k.check_in_id, m.company_id, k.at, k.recorded_at FROM check_in k JOIN member m USING (member_id)
WHERE k.resource_id = ANY(%(resource_ids)s) AND k.at >= %(start)s AND k.at < %(end)s

-- name: stored_verdicts
SELECT verdict_id, resource_id, booking_id, check_in_id, company_id, verdict, starts_at, ends_at,
       reassigned_at, first_seen, last_seen, booked_s, occupied_s, vacant_s, unknown_s, over_s, cancelled_at
FROM verdict WHERE resource_id = ANY(%(resource_ids)s) AND starts_at >= %(start)s AND starts_at < %(end)s

-- name: drop_verdicts
-- By number, and by booking: a booking that moved from another place or month has its old verdict there.
-- What a company may have been told is kept once its evidence has closed: it ended before `closed_before`.
WITH gone AS (
    DELETE FROM verdict WHERE verdict_id = ANY(%(verdict_ids)s) OR booking_id = ANY(%(booking_ids)s) RETURNING *
)
INSERT INTO verdict_history (replaced_at, resource_id, booking_id, check_in_id, company_id, verdict, starts_at, ends_at,
                             reassigned_at, cancelled_at, first_seen, last_seen, booked_s, occupied_s, vacant_s, unknown_s,
                             over_s)
SELECT %(now)s, resource_id, booking_id, check_in_id, company_id, verdict, starts_at, ends_at, reassigned_at, cancelled_at,
       first_seen, last_seen, booked_s, occupied_s, vacant_s, unknown_s, over_s
FROM gone WHERE company_id IS NOT NULL AND ends_at < %(closed_before)s

-- name: copy_verdicts
COPY verdict (resource_id, booking_id, check_in_id, company_id, verdict, starts_at, ends_at, reassigned_at, first_seen,
              last_seen, booked_s, occupied_s, vacant_s, unknown_s, over_s, cancelled_at) FROM STDIN (FORMAT BINARY)

-- name: verdict_counts
SELECT v.verdict, count(*), sum(v.booked_s)::bigint, sum(v.occupied_s + v.over_s)::bigint
FROM verdict v JOIN resource USING (resource_id) JOIN centre c USING (centre_id)
WHERE v.starts_at >= %(month)s::timestamp AT TIME ZONE c.timezone
  AND v.starts_at < (%(month)s::timestamp + interval '1 month') AT TIME ZONE c.timezone
GROUP BY v.verdict
