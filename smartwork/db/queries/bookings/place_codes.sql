-- name: add_place_codes
INSERT INTO place_code (resource_id, code, created_at)
SELECT r.resource_id, w.code, %(at)s
FROM unnest(%(resources)s::text[], %(codes)s::text[]) AS w (resource, code)
JOIN centre c ON c.slug = %(centre)s JOIN resource r ON r.centre_id = c.centre_id AND r.slug = w.resource
ON CONFLICT (resource_id) DO NOTHING

-- name: renew_place_codes
INSERT INTO place_code (resource_id, code, created_at)
SELECT r.resource_id, w.code, %(at)s
FROM unnest(%(resources)s::text[], %(codes)s::text[]) AS w (resource, code)
JOIN centre c ON c.slug = %(centre)s JOIN resource r ON r.centre_id = c.centre_id AND r.slug = w.resource
ON CONFLICT (resource_id) DO UPDATE SET code = excluded.code, created_at = excluded.created_at

-- name: place_codes_of_centre
SELECT r.slug AS resource, r.name, c.name AS centre_name, p.code
FROM resource r JOIN centre c USING (centre_id) LEFT JOIN place_code p USING (resource_id)
WHERE c.slug = %(centre)s AND r.kind <> 'recording' ORDER BY r.slug

-- name: place_of_code
SELECT c.slug AS centre, r.slug AS resource FROM place_code p JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
WHERE p.code = %s

-- name: add_sign_in_link
INSERT INTO member_sign_in (digest, member_id, kind, created_at, expires_at)
SELECT %(digest)s, member_id, 'link', %(at)s, %(expires_at)s FROM member
WHERE pseudonym = %(pseudonym)s AND (closed_at IS NULL OR closed_at > %(at)s)
RETURNING member_id

-- name: use_sign_in_link
-- A link is used once: it is deleted and becomes the key of one browser.
WITH used AS (
    DELETE FROM member_sign_in s USING member m
    WHERE s.digest = %(link)s AND s.kind = 'link' AND s.expires_at > %(at)s
      AND m.member_id = s.member_id AND (m.closed_at IS NULL OR m.closed_at > %(at)s)
    RETURNING s.member_id
)
INSERT INTO member_sign_in (digest, member_id, kind, created_at, expires_at)
SELECT %(browser)s, member_id, 'browser', %(at)s, %(expires_at)s FROM used RETURNING member_id

-- name: member_of_sign_in
SELECT m.pseudonym FROM member_sign_in s JOIN member m USING (member_id)
WHERE s.digest = %(digest)s AND s.kind = %(kind)s AND s.expires_at > %(at)s AND (m.closed_at IS NULL OR m.closed_at > %(at)s)

-- name: delete_sign_in
DELETE FROM member_sign_in WHERE digest = %(digest)s OR expires_at <= %(at)s
