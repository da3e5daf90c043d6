-- name: opening_of_centre
SELECT c.name, c.timezone, c.opens, c.closes, c.open_days,
       ARRAY(SELECT x.day FROM closure x WHERE x.centre_id = c.centre_id ORDER BY x.day) AS closures,
       ARRAY(SELECT x.reason FROM closure x WHERE x.centre_id = c.centre_id ORDER BY x.day) AS reasons
FROM centre c WHERE c.slug = %(centre)s

-- name: places_of_centre
-- The places of a centre, or one of them, with the state of their sensors at an instant: the span that contains it. Presence
-- is looked for in the last day only. `booked` are the bookings that overlap the period, up to their release.
SELECT r.resource_id, r.slug, r.name, r.kind, r.seats, s.state, s.suspect, p.last_present,
       ARRAY(SELECT b.starts_at FROM booking b
             WHERE b.resource_id = r.resource_id AND b.status = 'booked'
               AND b.booking_id IS DISTINCT FROM %(except_booking)s::bigint
               AND tstzrange(b.starts_at, coalesce(b.released_at, b.ends_at)) && tstzrange(%(since)s, %(until)s)
             ORDER BY b.starts_at) AS booked_from,
       ARRAY(SELECT coalesce(b.released_at, b.ends_at) FROM booking b
             WHERE b.resource_id = r.resource_id AND b.status = 'booked'
               AND b.booking_id IS DISTINCT FROM %(except_booking)s::bigint
               AND tstzrange(b.starts_at, coalesce(b.released_at, b.ends_at)) && tstzrange(%(since)s, %(until)s)
             ORDER BY b.starts_at) AS booked_until
FROM resource r JOIN centre c USING (centre_id)
LEFT JOIN LATERAL (SELECT state, suspect, ends_at FROM span WHERE resource_id = r.resource_id AND starts_at <= %(at)s
                   ORDER BY starts_at DESC LIMIT 1) s ON s.ends_at > %(at)s
LEFT JOIN LATERAL (SELECT max(least(ends_at, %(at)s)) AS last_present FROM span WHERE resource_id = r.resource_id
                   AND starts_at <= %(at)s AND starts_at > %(at)s::timestamptz - interval '2 days'
                   AND ends_at > %(at)s::timestamptz - interval '1 day'
                   AND state = 'occupied' AND NOT suspect) p ON true
WHERE c.slug = %(centre)s AND r.kind <> 'recording' AND (%(resource)s::text IS NULL OR r.slug = %(resource)s)
ORDER BY r.slug

-- name: presence_is_of_company
-- Whether the presence at a place is of the member's company: it has the place booked now, or had until half an hour ago, or
-- the newest check-in of the last 12 hours is of its member.
SELECT EXISTS (SELECT FROM booking b WHERE b.resource_id = r.resource_id AND b.company_id = m.company_id
               AND b.status = 'booked' AND b.starts_at <= %(at)s
               AND coalesce(b.released_at, b.ends_at) > %(at)s::timestamptz - interval '30 minutes')
    OR m.company_id = (SELECT k.company_id FROM check_in k WHERE k.resource_id = r.resource_id
                       AND k.at <= %(at)s AND k.at > %(at)s::timestamptz - interval '12 hours'
                       ORDER BY k.at DESC, k.check_in_id DESC LIMIT 1)
FROM resource r JOIN centre c USING (centre_id), member m
WHERE c.slug = %(centre)s AND r.slug = %(resource)s AND m.pseudonym = %(member)s
