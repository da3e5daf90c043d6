-- name: members
-- `bookings` are those that have not begun.
SELECT m.member_id, m.pseudonym, c.slug AS company, m.closed_at,
       (SELECT count(*) FROM booking b WHERE b.member_id = m.member_id AND b.status = 'booked' AND b.starts_at > %(at)s)::int
           AS bookings
FROM member m JOIN company c USING (company_id)
WHERE (%(company_id)s::int IS NULL OR m.company_id = %(company_id)s) AND (%(company)s::text IS NULL OR c.slug = %(company)s)
  AND (%(pseudonym)s::text IS NULL OR m.pseudonym = %(pseudonym)s) AND (%(with_closed)s OR m.closed_at IS NULL)
  AND m.member_id > %(after)s
ORDER BY m.member_id LIMIT %(most)s

-- name: members_by_pseudonym
SELECT m.pseudonym, c.slug AS company, m.closed_at FROM member m JOIN company c USING (company_id)
WHERE m.pseudonym = ANY(%s)

-- name: company_slugs
SELECT slug FROM company

-- name: insert_members
INSERT INTO member (pseudonym, company_id)
SELECT w.pseudonym, c.company_id FROM unnest(%(pseudonyms)s::text[], %(companies)s::text[]) AS w (pseudonym, company)
JOIN company c ON c.slug = w.company
ON CONFLICT (pseudonym) DO NOTHING RETURNING pseudonym

-- name: closed_members
SELECT pseudonym, closed_at FROM member WHERE pseudonym = ANY(%s) AND closed_at IS NOT NULL

-- name: lock_member
-- Bookings of the member that are being written are waited for.
SELECT member_id, closed_at FROM member WHERE pseudonym = %(pseudonym)s FOR UPDATE

-- name: bookings_to_come
SELECT b.external_id, c.slug AS centre, r.slug AS resource, m.pseudonym AS member, b.starts_at, b.ends_at, b.status,
       c.timezone, b.client_company_id
FROM booking b JOIN resource r USING (resource_id) JOIN centre c USING (centre_id) JOIN member m USING (member_id)
WHERE m.pseudonym = %(pseudonym)s AND b.status = 'booked' AND b.starts_at > %(at)s
ORDER BY b.starts_at, b.booking_id

-- name: close_member
UPDATE member SET closed_at = %(at)s WHERE pseudonym = %(pseudonym)s AND closed_at IS NULL
