-- name: alias_key
SELECT key FROM alias_key

-- name: centre_names
SELECT slug, name FROM centre

-- name: place_names
-- The places that can be booked.
SELECT c.slug, r.slug, r.name FROM resource r JOIN centre c USING (centre_id) WHERE r.kind <> 'recording'

-- name: open_pseudonyms
SELECT pseudonym FROM member WHERE closed_at IS NULL

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

-- name: list_aliases
SELECT a.source, a.kind, a.name, coalesce(m.pseudonym, concat_ws('/', c.slug, r.slug)) AS target
FROM alias a
LEFT JOIN resource r USING (resource_id)
LEFT JOIN centre c ON c.centre_id = coalesce(a.centre_id, r.centre_id)
LEFT JOIN member m USING (member_id)
WHERE %(source)s::text IS NULL OR a.source = %(source)s
ORDER BY a.source, a.kind, target, a.name

-- name: kinds_of_target
SELECT EXISTS (SELECT FROM centre WHERE slug = %(target)s),
       EXISTS (SELECT FROM resource r JOIN centre c USING (centre_id) WHERE (c.slug, r.slug) = (%(centre)s, %(place)s)),
       EXISTS (SELECT FROM member WHERE pseudonym = %(target)s)

-- name: put_alias
-- A target that does not exist violates a CHECK. Nothing is returned if the name is in use.
INSERT INTO alias (source, kind, name, key, centre_id, resource_id, member_id)
SELECT %(source)s, %(kind)s, %(name)s, %(key)s,
       (SELECT centre_id FROM centre WHERE %(kind)s = 'centre' AND slug = %(target)s),
       (SELECT resource_id FROM resource r JOIN centre c USING (centre_id)
        WHERE %(kind)s = 'place' AND r.kind <> 'recording' AND c.slug || '/' || r.slug = %(target)s),
       (SELECT member_id FROM member WHERE %(kind)s = 'member' AND pseudonym = %(target)s)
ON CONFLICT (source, kind, key) DO NOTHING
RETURNING alias_id

-- name: target_of_alias
SELECT coalesce(m.pseudonym, concat_ws('/', c.slug, r.slug))
FROM alias a
LEFT JOIN resource r USING (resource_id)
LEFT JOIN centre c ON c.centre_id = coalesce(a.centre_id, r.centre_id)
LEFT JOIN member m USING (member_id)
WHERE (a.source, a.kind, a.key) = (%(source)s, %(kind)s, %(key)s)

-- name: remove_alias
DELETE FROM alias a
WHERE a.source = %(source)s AND a.key = ANY(%(keys)s)
RETURNING a.source, a.kind, a.name,
    coalesce((SELECT pseudonym FROM member m WHERE m.member_id = a.member_id),
             (SELECT c.slug || '/' || r.slug FROM resource r JOIN centre c USING (centre_id)
              WHERE r.resource_id = a.resource_id),
             (SELECT slug FROM centre c WHERE c.centre_id = a.centre_id)) AS target

-- name: remove_aliases_of
DELETE FROM alias a
WHERE a.member_id = (SELECT member_id FROM member WHERE pseudonym = %(target)s)
   OR a.centre_id = (SELECT centre_id FROM centre WHERE slug = %(target)s)
   OR a.resource_id = (SELECT resource_id FROM resource r JOIN centre c USING (centre_id)
                       WHERE c.slug || '/' || r.slug = %(target)s)
RETURNING alias_id
