-- name: stage_bookings
CREATE TEMPORARY TABLE IF NOT EXISTS staged_booking (
    external_id text, centre text, resource text, member text, starts_at timestamptz, ends_at timestamptz, status text)

-- name: copy_staged_bookings
COPY staged_booking FROM STDIN

-- name: take_bookings_of_network
-- Bookings of the network's own clients: an id names the booking that such a client created. A booking that is on an invoice
-- is not changed. `is_new` is false if a booking was changed; a booking that stays as it is returns no row.
INSERT INTO booking (external_id, resource_id, member_id, starts_at, ends_at, status)
SELECT s.external_id, r.resource_id, m.member_id, s.starts_at, s.ends_at, s.status
FROM staged_booking s
JOIN centre c ON c.slug = s.centre
JOIN resource r ON r.centre_id = c.centre_id AND r.slug = s.resource
JOIN member m ON m.pseudonym = s.member
ON CONFLICT (external_id) WHERE client_company_id IS NULL DO UPDATE
SET resource_id = excluded.resource_id, member_id = excluded.member_id, starts_at = excluded.starts_at,
    ends_at = excluded.ends_at, status = excluded.status, released_at = NULL
WHERE (booking.resource_id, booking.member_id, booking.starts_at, booking.ends_at, booking.status)
      IS DISTINCT FROM (excluded.resource_id, excluded.member_id, excluded.starts_at, excluded.ends_at, excluded.status)
  AND NOT EXISTS (SELECT FROM invoice_line l WHERE l.booking_id = booking.booking_id)
  AND NOT EXISTS (SELECT FROM invoice_proof p WHERE p.booking_id = booking.booking_id)
RETURNING external_id, xmax = 0 AS is_new

-- name: take_bookings_of_company
-- Bookings of a company's own clients: an id names a booking of this company, and the member must be of this company. Both are
-- part of the statement, so that no other transaction can change them between a check and the write.
INSERT INTO booking (client_company_id, external_id, resource_id, member_id, starts_at, ends_at, status)
SELECT m.company_id, s.external_id, r.resource_id, m.member_id, s.starts_at, s.ends_at, s.status
FROM staged_booking s
JOIN centre c ON c.slug = s.centre
JOIN resource r ON r.centre_id = c.centre_id AND r.slug = s.resource
JOIN member m ON m.pseudonym = s.member AND m.company_id = %(company_id)s
ON CONFLICT (company_id, external_id) DO UPDATE
SET resource_id = excluded.resource_id, member_id = excluded.member_id, starts_at = excluded.starts_at,
    ends_at = excluded.ends_at, status = excluded.status, released_at = NULL
WHERE (booking.resource_id, booking.member_id, booking.starts_at, booking.ends_at, booking.status)
      IS DISTINCT FROM (excluded.resource_id, excluded.member_id, excluded.starts_at, excluded.ends_at, excluded.status)
  AND NOT EXISTS (SELECT FROM invoice_line l WHERE l.booking_id = booking.booking_id)
  AND NOT EXISTS (SELECT FROM invoice_proof p WHERE p.booking_id = booking.booking_id)
RETURNING external_id, xmax = 0 AS is_new

-- name: clear_staged_bookings
TRUNCATE staged_booking
