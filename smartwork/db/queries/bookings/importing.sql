-- name: centre_timezones
SELECT slug, timezone FROM centre

-- name: bookable_names
SELECT c.slug, r.slug FROM resource r JOIN centre c USING (centre_id) WHERE r.kind <> 'recording' AND c.slug = ANY(%s)

-- name: member_names
SELECT pseudonym FROM member WHERE pseudonym = ANY(%s)

-- name: stored_bookings_by_id
-- The bookings that the network's own clients created with these ids.
SELECT b.external_id, c.slug, r.slug, m.pseudonym, b.starts_at, b.ends_at, b.status, coalesce(b.released_at, b.ends_at),
       EXISTS (SELECT FROM billed_occupancy o WHERE o.booking_id = b.booking_id)
FROM booking b JOIN resource r USING (resource_id) JOIN centre c USING (centre_id) JOIN member m USING (member_id)
WHERE b.external_id = ANY(%s) AND b.client_company_id IS NULL

-- name: ids_in_use_by_companies
-- Ids that a client of the member's company has used for a booking of its own.
SELECT b.external_id, c.slug
FROM unnest(%(ids)s::text[], %(members)s::text[]) AS w (external_id, member)
JOIN member m ON m.pseudonym = w.member
JOIN booking b ON b.company_id = m.company_id AND b.external_id = w.external_id AND b.client_company_id IS NOT NULL
JOIN company c ON c.company_id = b.company_id

-- name: neighbouring_bookings
-- The other bookings of these places in the given times: those that an imported booking may overlap.
SELECT b.external_id, c.slug, r.slug, m.pseudonym, b.starts_at, b.ends_at, b.status, coalesce(b.released_at, b.ends_at), false
FROM unnest(%(centres)s::text[], %(resources)s::text[], %(sinces)s::timestamptz[], %(untils)s::timestamptz[])
     AS w (centre, resource, since, until)
JOIN centre c ON c.slug = w.centre JOIN resource r ON r.centre_id = c.centre_id AND r.slug = w.resource
JOIN booking b ON b.resource_id = r.resource_id AND b.status = 'booked'
     AND tstzrange(b.starts_at, coalesce(b.released_at, b.ends_at)) && tstzrange(w.since, w.until)
JOIN member m ON m.member_id = b.member_id
WHERE b.external_id <> ALL(%(ids)s) OR b.client_company_id IS NOT NULL

-- name: defer_booking_overlap
SET CONSTRAINTS booking_overlap DEFERRED

-- name: check_booking_overlap
-- Here and not at the end of an outer transaction, where nobody could tell which write was the cause.
SET CONSTRAINTS booking_overlap IMMEDIATE

-- name: lock_resources
-- Transactions that book the same place wait for each other here, in the same order: waiting inside the exclusion
-- constraint would end in a deadlock. Readers, and rows that refer to the place, do not wait.
SELECT r.resource_id
FROM unnest(%(centres)s::text[], %(resources)s::text[]) AS w (centre, resource)
JOIN centre c ON c.slug = w.centre JOIN resource r ON r.centre_id = c.centre_id AND r.slug = w.resource
ORDER BY r.resource_id FOR NO KEY UPDATE OF r
