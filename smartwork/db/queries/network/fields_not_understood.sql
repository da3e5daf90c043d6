-- name: forget_fields_not_understood
DELETE FROM field_not_understood f USING centre c
WHERE c.centre_id = f.centre_id AND c.slug = %(centre)s AND f.edge = %(edge)s AND f.reported_at <= %(reported_at)s

-- name: store_fields_not_understood
-- An older report than the one that is stored changes nothing.
INSERT INTO field_not_understood (centre_id, edge, device, field, count, since, last_at, sample, reason, reported_at)
SELECT c.centre_id, %(edge)s, s.device, s.field, s.count, s.since, s.last_at, s.sample, s.reason, %(reported_at)s
FROM unnest(%(devices)s::text[], %(fields)s::text[], %(counts)s::bigint[], %(since)s::timestamptz[],
            %(last_at)s::timestamptz[], %(samples)s::text[], %(reasons)s::text[])
     AS s (device, field, count, since, last_at, sample, reason), centre c
WHERE c.slug = %(centre)s
  AND NOT EXISTS (SELECT FROM field_not_understood f WHERE f.centre_id = c.centre_id AND f.edge = %(edge)s)
ON CONFLICT DO NOTHING

-- name: fields_not_understood
SELECT c.slug AS centre, f.device, f.field, f.count, f.since, f.last_at, f.sample, f.reason
FROM field_not_understood f JOIN centre c USING (centre_id)
WHERE %(centre)s::text IS NULL OR c.slug = %(centre)s
ORDER BY c.slug, f.last_at DESC, f.device, f.field
