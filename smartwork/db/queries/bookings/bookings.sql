-- name: stage_bookings
CREATE TEMPORARY TABLE IF NOT EXISTS staged_booking (
    external_id text, centre text, resource text, member text, starts_at timestamptz, ends_at timestamptz, status text)

-- name: copy_staged_bookings
COPY staged_booking FROM STDIN

-- name: take_staged_bookings
-- A booking that is on an invoice is not changed.
INSERT INTO booking (external_id, resource_id, member_id, starts_at, ends_at, status)
SELECT s.external_id, r.resource_id, m.member_id, s.starts_at, s.ends_at, s.status
FROM staged_booking s
JOIN centre c ON c.slug = s.centre
JOIN resource r ON r.centre_id = c.centre_id AND r.slug = s.resource
JOIN member m ON m.pseudonym = s.member
ON CONFLICT (external_id) DO UPDATE
SET resource_id = excluded.resource_id, member_id = excluded.member_id, starts_at = excluded.starts_at,
    ends_at = excluded.ends_at, status = excluded.status, released_at = NULL
WHERE (booking.resource_id, booking.member_id, booking.starts_at, booking.ends_at, booking.status)
      IS DISTINCT FROM (excluded.resource_id, excluded.member_id, excluded.starts_at, excluded.ends_at, excluded.status)
  AND NOT EXISTS (SELECT FROM invoice_line l WHERE l.booking_id = booking.booking_id)
  AND NOT EXISTS (SELECT FROM invoice_proof p WHERE p.booking_id = booking.booking_id)

-- name: clear_staged_bookings
TRUNCATE staged_booking
