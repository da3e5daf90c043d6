-- name: api_bookings
-- A NULL parameter selects all.
SELECT b.booking_id, b.external_id, c.slug, r.slug, m.pseudonym, b.starts_at, b.ends_at, b.status, co.slug,
       b.client_company_id IS NULL, b.released_at, b.recorded_at, b.recorded_by, b.reason, b.cancelled_late_at
FROM booking b JOIN resource r USING (resource_id) JOIN centre c USING (centre_id) JOIN member m USING (member_id)
JOIN company co ON co.company_id = b.company_id
WHERE (%(company_id)s::int IS NULL OR b.company_id = %(company_id)s)
  AND (%(external_id)s::text IS NULL OR b.external_id = %(external_id)s)
  AND (%(centre)s::text IS NULL OR c.slug = %(centre)s)
  AND (%(since)s::timestamptz IS NULL OR b.ends_at > %(since)s) AND (%(until)s::timestamptz IS NULL OR b.starts_at < %(until)s)
  AND b.booking_id > %(after)s
ORDER BY b.booking_id LIMIT %(most)s

-- name: api_booking_history
SELECT h.version, c.slug AS centre, r.slug AS resource, m.pseudonym AS member, h.starts_at, h.ends_at, h.status, h.released_at, h.recorded_at, h.recorded_by,
       h.reason, h.cancelled_late_at
FROM booking_history h JOIN resource r ON r.resource_id = h.resource_id
JOIN centre c USING (centre_id) JOIN member m ON m.member_id = h.member_id
WHERE h.booking_id = %(booking_id)s AND (%(company_id)s::int IS NULL OR m.company_id = %(company_id)s)
ORDER BY h.version

-- name: api_booking_is_billed
-- Whether an invoice charges the booking: a line that was taken back or credited in full does so no longer.
SELECT EXISTS (SELECT FROM billed_occupancy WHERE booking_id = %(booking_id)s)

-- name: api_company
SELECT company_id FROM company WHERE slug = %s

-- name: api_put_member
INSERT INTO member (pseudonym, company_id) SELECT %(pseudonym)s, company_id FROM company WHERE slug = %(company)s
ON CONFLICT (pseudonym) DO NOTHING RETURNING member_id

-- name: api_member
SELECT m.pseudonym, c.slug FROM member m JOIN company c USING (company_id)
WHERE m.pseudonym = %(pseudonym)s AND (%(company_id)s::int IS NULL OR m.company_id = %(company_id)s)

-- name: api_check_ins
-- The check-ins that keep a client from using this id for a new one of this member: one of the member's company, and for the
-- network's clients one that the network recorded.
SELECT k.external_id, c.slug, r.slug, m.pseudonym, k.at, k.method
FROM check_in k JOIN resource r USING (resource_id) JOIN centre c USING (centre_id) JOIN member m USING (member_id)
WHERE k.external_id = %(external_id)s
  AND (k.company_id = (SELECT company_id FROM member WHERE pseudonym = %(member)s)
       OR (%(company_id)s::int IS NULL AND k.client_company_id IS NULL))

-- name: api_booking_at
-- The booking of the member's company to which a check-in at this place and time belongs: it has started, or starts within
-- half an hour.
SELECT b.booking_id, b.external_id, b.starts_at, b.ends_at, b.released_at, l.release_id
FROM booking b JOIN resource r USING (resource_id) JOIN centre c USING (centre_id) JOIN member m USING (member_id)
LEFT JOIN LATERAL (SELECT release_id FROM release WHERE booking_id = b.booking_id AND taken_back_at IS NULL
                   ORDER BY release_id DESC LIMIT 1) l ON b.released_at IS NOT NULL
WHERE c.slug = %(centre)s AND r.slug = %(resource)s AND b.status = 'booked'
  AND m.company_id = (SELECT company_id FROM member WHERE pseudonym = %(member)s)
  AND b.starts_at <= %(at)s::timestamptz + interval '30 minutes' AND b.starts_at >= %(at)s::timestamptz - interval '31 days'
  AND b.ends_at > %(at)s
ORDER BY b.starts_at LIMIT 1 FOR UPDATE OF b

-- name: api_take_back
UPDATE booking SET released_at = NULL WHERE booking_id = %s

-- name: api_taken_back
UPDATE release SET taken_back_at = %(at)s WHERE release_id = %(release_id)s

-- name: api_wifi_session
SELECT w.started_at, k.external_id, c.slug, r.slug, m.pseudonym, k.at, k.method
FROM wifi_session w JOIN centre c USING (centre_id)
LEFT JOIN check_in k USING (check_in_id) LEFT JOIN resource r USING (resource_id) LEFT JOIN member m ON m.member_id = k.member_id
WHERE c.slug = %(centre)s AND w.session = %(session)s AND w.client_company_id IS NOT DISTINCT FROM %(company_id)s::int
FOR UPDATE OF w

-- name: api_put_wifi_session
-- Messages arrive in any order: the earliest start and the latest stop count.
INSERT INTO wifi_session (client_company_id, centre_id, session, member_id, started_at, stopped_at)
SELECT %(company_id)s::int, c.centre_id, %(session)s, m.member_id, %(started_at)s, %(stopped_at)s
FROM centre c, member m
WHERE c.slug = %(centre)s AND m.pseudonym = %(member)s AND (%(company_id)s::int IS NULL OR m.company_id = %(company_id)s)
ON CONFLICT (client_company_id, centre_id, session) DO UPDATE
SET started_at = least(wifi_session.started_at, excluded.started_at),
    stopped_at = greatest(wifi_session.stopped_at, excluded.stopped_at)
WHERE wifi_session.member_id = excluded.member_id
RETURNING centre_id

-- name: api_wifi_bookings
-- The places that the member has booked in the centre at that time. A Wi-Fi session names a centre only.
SELECT r.slug FROM booking b JOIN resource r USING (resource_id) JOIN centre c USING (centre_id) JOIN member m USING (member_id)
WHERE c.slug = %(centre)s AND m.pseudonym = %(member)s AND b.status = 'booked'
  AND b.starts_at <= %(at)s::timestamptz + interval '30 minutes' AND b.starts_at >= %(at)s::timestamptz - interval '31 days'
  AND b.ends_at > %(at)s

-- name: api_wifi_check_in
UPDATE wifi_session w SET check_in_id = k.check_in_id FROM centre c, check_in k
WHERE w.centre_id = c.centre_id AND c.slug = %(centre)s AND w.session = %(session)s
  AND w.client_company_id IS NOT DISTINCT FROM %(company_id)s::int
  AND k.external_id = %(external_id)s AND k.company_id = (SELECT company_id FROM member WHERE member_id = w.member_id)

-- name: api_verdicts
SELECT v.verdict_id, v.resource_id, v.company_id, co.slug AS company, v.first_seen, v.last_seen,
       v.verdict, c.slug AS centre, c.name AS centre_name, c.timezone, r.slug AS resource, r.name AS resource_name, r.kind,
       coalesce(mb.pseudonym, mk.pseudonym) AS member, b.external_id AS booking, k.external_id AS check_in,
       k.method AS check_in_method, v.starts_at, v.ends_at, v.reassigned_at, v.booked_s, v.occupied_s,
       v.vacant_s, v.unknown_s, v.over_s, v.cancelled_at, o.recorded_at AS change_at, o.recorded_by AS change_by,
       o.reason AS change_reason, e.verdict AS earlier_verdict, e.replaced_at AS earlier_replaced_at
FROM verdict v JOIN resource r ON r.resource_id = v.resource_id JOIN centre c USING (centre_id)
LEFT JOIN company co ON co.company_id = v.company_id
LEFT JOIN booking b ON b.booking_id = v.booking_id LEFT JOIN member mb ON mb.member_id = b.member_id
LEFT JOIN check_in k ON k.check_in_id = v.check_in_id LEFT JOIN member mk ON mk.member_id = k.member_id
LEFT JOIN LATERAL (
    SELECT * FROM (SELECT b.recorded_at, b.recorded_by, b.reason
                   UNION ALL
                   SELECT h.recorded_at, h.recorded_by, h.reason FROM booking_history h WHERE h.booking_id = b.booking_id) t
    WHERE t.reason IS NOT NULL ORDER BY t.recorded_at DESC LIMIT 1
) o ON true
LEFT JOIN LATERAL (
    SELECT e.verdict, e.replaced_at FROM verdict_history e
    WHERE e.booking_id = v.booking_id OR (v.booking_id IS NULL AND e.check_in_id = v.check_in_id)
    ORDER BY e.verdict_history_id DESC LIMIT 1
) e ON true
WHERE (%(company_id)s::int IS NULL OR v.company_id = %(company_id)s)
  AND (%(verdict_id)s::bigint IS NULL OR v.verdict_id = %(verdict_id)s)
  AND (%(booking)s::text IS NULL OR b.external_id = %(booking)s)
  AND (%(centre)s::text IS NULL OR c.slug = %(centre)s)
  AND (%(since)s::timestamptz IS NULL OR v.starts_at >= %(since)s) AND (%(until)s::timestamptz IS NULL OR v.starts_at < %(until)s)
  AND v.verdict_id > %(after)s
ORDER BY v.verdict_id LIMIT %(most)s

-- name: api_spans
SELECT greatest(starts_at, %(start)s) AS start, least(ends_at, %(end)s) AS "end", state, suspect FROM span
WHERE resource_id = %(resource_id)s AND ends_at > %(start)s AND starts_at < %(end)s
  AND %(end)s::timestamptz > %(start)s ORDER BY starts_at

-- name: api_invoices
SELECT i.number, i.kind, co.slug AS company, i.month, i.issued_on, i.due_on, i.currency, i.net, i.vat, i.gross, i.payment_reference,
       o.number AS corrects,
       ARRAY(SELECT e.event FROM invoice_event e WHERE e.invoice_id = i.invoice_id ORDER BY e.invoice_event_id) AS events
FROM invoice i JOIN company co USING (company_id) LEFT JOIN invoice o ON o.invoice_id = i.corrects_id
WHERE (%(company_id)s::int IS NULL OR i.company_id = %(company_id)s)
  AND (%(number)s::text IS NULL OR i.number = %(number)s) AND (%(month)s::date IS NULL OR i.month = %(month)s)
ORDER BY i.number

-- name: api_releases
SELECT l.release_id AS id, c.slug AS centre, r.slug AS resource, l.reason, l.released_at, l.ends_at, l.taken_back_at,
       CASE WHEN co.company_id IS NOT NULL THEN b.external_id END AS booking, co.slug AS company
FROM release l JOIN booking b USING (booking_id) JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
LEFT JOIN company co ON co.company_id = b.company_id AND (%(company_id)s::int IS NULL OR b.company_id = %(company_id)s)
WHERE (%(centre)s::text IS NULL OR c.slug = %(centre)s) AND l.release_id > %(after)s
  AND (%(since)s::timestamptz IS NULL OR l.released_at >= %(since)s)
ORDER BY l.release_id LIMIT %(most)s
