-- name: policy_hours
SELECT to_char(c.opens, 'HH24:MI'), to_char(c.closes, 'HH24:MI'), c.open_days,
       (SELECT array_agg(to_char(day, 'YYYY-MM-DD') ORDER BY day) FROM closure WHERE closure.centre_id = c.centre_id)
FROM centre c WHERE c.slug = %s

-- name: policy_devices
SELECT d.slug AS device, d.profile, d.address, d.interval_s, d.model, d.role, d.rules, z.slug AS zone, r.slug AS resource
FROM device d JOIN centre c USING (centre_id) LEFT JOIN resource r USING (resource_id)
LEFT JOIN zone z ON z.zone_id = coalesce(d.zone_id, r.zone_id)
WHERE c.slug = %s AND d.profile IS NOT NULL AND d.retired_at IS NULL AND r.kind IS DISTINCT FROM 'recording'
ORDER BY d.slug

-- name: newest_policy
SELECT p.version, p.content, c.timezone FROM centre c LEFT JOIN LATERAL (
    SELECT version, content FROM policy WHERE policy.centre_id = c.centre_id ORDER BY version DESC LIMIT 1
) p ON true WHERE c.slug = %s

-- name: put_policy
INSERT INTO policy (centre_id, version, content, published_at)
SELECT centre_id, %(version)s, %(content)s, %(published_at)s FROM centre WHERE slug = %(centre)s
