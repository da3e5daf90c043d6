-- name: lock_calendar_events
-- Imports of calendars wait for each other: each decides by what the one before it has stored.
SELECT pg_advisory_xact_lock(hashtext('calendar_event'))

-- name: calendar_events_of
SELECT calendar_event_id, calendar, uid, source, expanded_to FROM calendar_event WHERE uid = ANY(%s) ORDER BY calendar_event_id

-- name: calendar_events_to_extend
SELECT calendar_event_id, calendar, uid, source, expanded_to
FROM calendar_event WHERE expanded_to < %s ORDER BY calendar_event_id

-- name: bookings_of_calendar_events
SELECT l.calendar_event_id, l.label, b.external_id, c.slug, r.slug, m.pseudonym, b.starts_at, b.ends_at, b.status,
       coalesce(b.released_at, b.ends_at),
       EXISTS (SELECT FROM billed_occupancy o WHERE o.booking_id = b.booking_id)
FROM calendar_booking l JOIN booking b USING (booking_id)
JOIN resource r USING (resource_id) JOIN centre c USING (centre_id) JOIN member m USING (member_id)
WHERE l.calendar_event_id = ANY(%s) ORDER BY b.booking_id

-- name: bookings_without_calendar_event
-- Bookings of the network with these ids that belong to no event of a calendar: an import of an earlier version, or of CSV.
SELECT b.external_id, c.slug, r.slug, m.pseudonym, b.starts_at, b.ends_at, b.status, coalesce(b.released_at, b.ends_at),
       EXISTS (SELECT FROM billed_occupancy o WHERE o.booking_id = b.booking_id)
FROM booking b JOIN resource r USING (resource_id) JOIN centre c USING (centre_id) JOIN member m USING (member_id)
WHERE b.external_id = ANY(%s) AND b.client_company_id IS NULL
  AND NOT EXISTS (SELECT FROM calendar_booking l WHERE l.booking_id = b.booking_id)

-- name: network_ids_in_use
SELECT external_id FROM booking WHERE external_id = ANY(%s) AND client_company_id IS NULL

-- name: put_calendar_event
INSERT INTO calendar_event (calendar, uid, source, expanded_to)
VALUES (%(calendar)s, %(uid)s, %(source)s, %(expanded_to)s)
RETURNING calendar_event_id

-- name: change_calendar_event
UPDATE calendar_event SET calendar = %(calendar)s, source = %(source)s, expanded_to = %(expanded_to)s
WHERE calendar_event_id = %(calendar_event_id)s
RETURNING calendar_event_id

-- name: link_calendar_bookings
INSERT INTO calendar_booking (booking_id, calendar_event_id, label)
SELECT b.booking_id, w.calendar_event_id, w.label
FROM unnest(%(ids)s::text[], %(events)s::bigint[], %(labels)s::text[]) AS w (external_id, calendar_event_id, label)
JOIN booking b ON b.external_id = w.external_id AND b.client_company_id IS NULL
ON CONFLICT (booking_id) DO UPDATE SET calendar_event_id = excluded.calendar_event_id, label = excluded.label
WHERE (calendar_booking.calendar_event_id, calendar_booking.label) IS DISTINCT FROM (excluded.calendar_event_id, excluded.label)
