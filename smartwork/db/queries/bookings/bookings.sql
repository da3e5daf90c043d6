-- name: stage_bookings
CREATE TEMPORARY TABLE IF NOT EXISTS staged_booking (
    external_id text, centre text, resource text, member text, starts_at timestamptz, ends_at timestamptz, status text,
    cancelled_late_at timestamptz)

-- name: copy_staged_bookings
COPY staged_booking FROM STDIN

-- name: change_bookings
-- Bookings that exist: those that clients of the network created or, with a company, all of this company. One that has begun
-- at `begun_by` is not changed, nor one that an invoice charges. The conditions are part of the statement: after it has waited
-- for another transaction they hold for what that one wrote. A booking that stays as it is returns no row.
UPDATE booking
SET resource_id = r.resource_id, member_id = m.member_id, starts_at = s.starts_at, ends_at = s.ends_at, status = s.status,
    released_at = NULL, cancelled_late_at = s.cancelled_late_at
FROM staged_booking s
JOIN centre c ON c.slug = s.centre
JOIN resource r ON r.centre_id = c.centre_id AND r.slug = s.resource
JOIN member m ON m.pseudonym = s.member
WHERE booking.external_id = s.external_id
  AND CASE WHEN %(company_id)s::int IS NULL THEN booking.client_company_id IS NULL
           ELSE booking.company_id = %(company_id)s AND m.company_id = %(company_id)s END
  AND (booking.resource_id, booking.member_id, booking.starts_at, booking.ends_at, booking.status, booking.cancelled_late_at)
      IS DISTINCT FROM (r.resource_id, m.member_id, s.starts_at, s.ends_at, s.status, s.cancelled_late_at)
  AND (%(begun_by)s::timestamptz IS NULL OR booking.starts_at > %(begun_by)s
       OR (booking.status = 'cancelled' AND booking.cancelled_late_at IS NULL))
  AND NOT EXISTS (SELECT FROM billed_occupancy o WHERE o.booking_id = booking.booking_id)
RETURNING booking.external_id

-- name: add_bookings_of_network
-- New bookings of the network's own clients: an id names the booking that such a client created.
INSERT INTO booking (external_id, resource_id, member_id, starts_at, ends_at, status)
SELECT s.external_id, r.resource_id, m.member_id, s.starts_at, s.ends_at, s.status
FROM staged_booking s
JOIN centre c ON c.slug = s.centre
JOIN resource r ON r.centre_id = c.centre_id AND r.slug = s.resource
JOIN member m ON m.pseudonym = s.member
ON CONFLICT (external_id) WHERE client_company_id IS NULL DO NOTHING
RETURNING external_id

-- name: add_bookings_of_company
-- New bookings of a company's own clients: an id names a booking of this company, and the member must be of this company. None
-- may begin before `earliest`.
INSERT INTO booking (client_company_id, external_id, resource_id, member_id, starts_at, ends_at, status)
SELECT m.company_id, s.external_id, r.resource_id, m.member_id, s.starts_at, s.ends_at, s.status
FROM staged_booking s
JOIN centre c ON c.slug = s.centre
JOIN resource r ON r.centre_id = c.centre_id AND r.slug = s.resource
JOIN member m ON m.pseudonym = s.member AND m.company_id = %(company_id)s
WHERE %(earliest)s::timestamptz IS NULL OR s.starts_at >= %(earliest)s
ON CONFLICT (company_id, external_id) DO NOTHING
RETURNING external_id

-- name: clear_staged_bookings
TRUNCATE staged_booking

-- name: lock_bookings
-- Nobody else changes these bookings until the transaction ends. They are read by a later statement, which sees what the
-- transaction that held the lock before wrote.
SELECT booking_id FROM booking
WHERE external_id = ANY(%(ids)s)
  AND CASE WHEN %(company_id)s::int IS NULL THEN client_company_id IS NULL ELSE company_id = %(company_id)s END
ORDER BY booking_id FOR UPDATE

-- name: bookings_in_force
-- The stored bookings with these ids, with the deadline of their cancellation: that of the contract on the local day of their
-- start. As in contract_at (smartwork/domain/billing/tariffs.py) one for the centre takes precedence, then one for the kind,
-- then the newer one.
SELECT b.external_id, c.slug, r.slug, m.pseudonym, b.starts_at, b.ends_at, b.status, co.slug, r.kind,
       make_interval(hours => t.cancellation_hours), b.cancelled_late_at
FROM booking b JOIN resource r USING (resource_id) JOIN centre c USING (centre_id) JOIN member m USING (member_id)
JOIN company co ON co.company_id = b.company_id
LEFT JOIN LATERAL (
    SELECT k.cancellation_hours FROM contract k
    WHERE k.company_id = b.company_id AND coalesce(k.centre_id, r.centre_id) = r.centre_id AND coalesce(k.kind, r.kind) = r.kind
      AND k.valid_from <= (b.starts_at AT TIME ZONE c.timezone)::date
      AND (k.valid_until IS NULL OR k.valid_until > (b.starts_at AT TIME ZONE c.timezone)::date)
    ORDER BY k.centre_id IS NULL, k.kind IS NULL, k.valid_from DESC LIMIT 1
) t ON true
WHERE b.external_id = ANY(%(ids)s)
  AND CASE WHEN %(company_id)s::int IS NULL THEN b.client_company_id IS NULL ELSE b.company_id = %(company_id)s END

-- name: requested_names
-- The company of the member and the kind of the place of each requested booking, in order; NULL where one is not registered.
SELECT co.slug, r.kind
FROM unnest(%(centres)s::text[], %(resources)s::text[], %(members)s::text[])
     WITH ORDINALITY AS w (centre, resource, member, n)
LEFT JOIN centre c ON c.slug = w.centre LEFT JOIN resource r ON r.centre_id = c.centre_id AND r.slug = w.resource
LEFT JOIN member m ON m.pseudonym = w.member LEFT JOIN company co USING (company_id)
ORDER BY w.n

-- name: release_places
-- The bookings of lines that are credited in full have their places no longer.
UPDATE booking b SET released_at = b.starts_at
FROM unnest(%(numbers)s::text[], %(lines)s::integer[]) AS w (number, line)
JOIN invoice i USING (number) JOIN invoice_proof p ON p.invoice_id = i.invoice_id AND p.line = w.line
WHERE p.booking_id = b.booking_id AND b.status = 'booked'
