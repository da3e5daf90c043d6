-- name: bookings_now
-- Bookings of this moment that are not released, with the release policy of their centre; for a centre without a policy
-- `has_policy` is false. A Wi-Fi session counts as presence; one without an end counts for twelve hours.
SELECT b.booking_id, b.resource_id, b.starts_at, b.ends_at, p.centre_id IS NOT NULL AS has_policy, p.no_show_min, p.left_min,
       ARRAY(SELECT k.at FROM check_in k JOIN member km USING (member_id)
             WHERE k.resource_id = b.resource_id AND km.company_id = m.company_id
               AND k.at > b.starts_at - interval '1 hour' AND k.at <= %(at)s
             UNION ALL
             SELECT least(coalesce(w.stopped_at, w.started_at + interval '12 hours'), %(at)s::timestamptz) FROM wifi_session w
             WHERE w.member_id = b.member_id AND w.centre_id = r.centre_id
               AND w.started_at BETWEEN b.starts_at - interval '12 hours' AND %(at)s) AS check_ins
FROM booking b JOIN resource r USING (resource_id) JOIN member m USING (member_id)
LEFT JOIN release_policy p USING (centre_id)
WHERE b.status = 'booked' AND b.released_at IS NULL
  AND b.starts_at < %(at)s AND b.starts_at >= %(earliest)s AND b.ends_at > %(at)s
ORDER BY b.booking_id

-- name: spans_now
-- From the last span that begins before on: no earlier one can reach over it, as spans of a place do not overlap.
SELECT s.resource_id, s.starts_at, s.ends_at, s.state, s.suspect
FROM unnest(%(resource_ids)s::int[], %(sinces)s::timestamptz[]) AS w (resource_id, since)
CROSS JOIN LATERAL (SELECT coalesce(max(starts_at), w.since) AS first FROM span
                    WHERE resource_id = w.resource_id AND starts_at < w.since) AS reach
JOIN span s ON s.resource_id = w.resource_id AND s.starts_at >= reach.first AND s.ends_at > w.since AND s.starts_at < %(at)s
ORDER BY s.resource_id, s.starts_at

-- name: release_bookings
-- A booking that another process released, or that changed since it was read, is left unchanged.
WITH due AS (
    SELECT * FROM unnest(%(booking_ids)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(reasons)s::text[])
           AS d (booking_id, starts_at, ends_at, reason)
), freed AS (
    UPDATE booking b SET released_at = %(at)s FROM due
    WHERE b.booking_id = due.booking_id AND b.released_at IS NULL AND b.status = 'booked'
      AND b.starts_at = due.starts_at AND b.ends_at = due.ends_at
    RETURNING b.booking_id, b.released_at, b.ends_at, due.reason
)
INSERT INTO release (booking_id, reason, released_at, ends_at) SELECT booking_id, reason, released_at, ends_at FROM freed
RETURNING release_id

-- name: unpublished_releases
SELECT l.release_id, c.slug AS centre, r.slug AS resource, b.external_id AS booking, l.reason, l.released_at,
       coalesce((SELECT min(n.starts_at) FROM booking n WHERE n.resource_id = b.resource_id AND n.status = 'booked'
                 AND n.starts_at >= l.released_at AND n.starts_at < l.ends_at), l.ends_at) AS until
FROM release l JOIN booking b USING (booking_id) JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
WHERE l.published_at IS NULL ORDER BY l.release_id LIMIT 500 FOR UPDATE OF l SKIP LOCKED

-- name: mark_releases_published
UPDATE release SET published_at = %(at)s WHERE release_id = ANY(%(release_ids)s)

-- name: put_release_policy
INSERT INTO release_policy (centre_id, no_show_min, left_min)
SELECT centre_id, %(no_show_min)s, %(left_min)s FROM centre WHERE slug = %(centre)s
ON CONFLICT (centre_id) DO UPDATE SET no_show_min = excluded.no_show_min, left_min = excluded.left_min
RETURNING centre_id

-- name: release_policy_of
SELECT p.centre_id IS NOT NULL, p.no_show_min, p.left_min
FROM centre LEFT JOIN release_policy p USING (centre_id) WHERE slug = %(centre)s
