-- name: zone_power
SELECT z.zone_id, z.slug, z.light_power_w FROM zone z JOIN centre c USING (centre_id) WHERE c.slug = %s
