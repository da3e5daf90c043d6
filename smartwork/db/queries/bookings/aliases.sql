-- name: alias_key
SELECT key FROM alias_key

-- name: centre_names
SELECT slug, name FROM centre

-- name: place_names
-- The places that can be booked.
SELECT c.slug, r.slug, r.name FROM resource r JOIN centre c USING (centre_id) WHERE r.kind <> 'recording'

-- name: aliases_of_places
-- An alias of the source system goes before one of all systems.
SELECT DISTINCT ON (a.kind, a.key) a.kind, a.key, c.slug, r.slug
FROM alias a
LEFT JOIN resource r USING (resource_id)
JOIN centre c ON c.centre_id = coalesce(a.centre_id, r.centre_id)
WHERE a.kind IN ('centre', 'place') AND a.source IN ('', %(source)s)
ORDER BY a.kind, a.key, a.source DESC

-- name: aliases_of_members
SELECT DISTINCT ON (a.key) a.key, m.pseudonym
FROM alias a JOIN member m USING (member_id)
WHERE a.kind = 'member' AND a.key = ANY(%(keys)s) AND a.source IN ('', %(source)s)
ORDER BY a.key, a.source DESC
