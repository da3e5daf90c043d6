-- name: zone_settings
-- The newest version of the settings of every zone that has some.
SELECT c.slug, z.slug, z.name, s.version, s.settings, s.set_at
FROM zone z JOIN centre c USING (centre_id)
JOIN LATERAL (SELECT version, settings, set_at FROM zone_settings WHERE zone_settings.zone_id = z.zone_id
              ORDER BY version DESC LIMIT 1) s ON true
WHERE %(centre)s::text IS NULL OR c.slug = %(centre)s
ORDER BY c.slug, z.slug

-- name: last_two_zone_settings
SELECT s.version, s.settings FROM zone_settings s JOIN zone z USING (zone_id) JOIN centre c USING (centre_id)
WHERE c.slug = %(centre)s AND z.slug = %(zone)s ORDER BY s.version DESC LIMIT 2

-- name: lock_zone
SELECT zone_id FROM zone JOIN centre c USING (centre_id) WHERE c.slug = %(centre)s AND zone.slug = %(zone)s FOR UPDATE OF zone

-- name: put_zone_settings
INSERT INTO zone_settings (zone_id, version, settings, set_at)
SELECT %(zone_id)s, coalesce(max(version), 0) + 1, %(settings)s, %(at)s FROM zone_settings WHERE zone_id = %(zone_id)s
RETURNING version
