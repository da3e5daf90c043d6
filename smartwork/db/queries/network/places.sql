-- name: put_zone
INSERT INTO zone (centre_id, slug, name, area_m2, light_power_w, x_m, y_m, width_m, height_m)
SELECT centre_id, %(slug)s, %(name)s, %(area_m2)s, %(light_power_w)s, %(x_m)s, %(y_m)s, %(width_m)s, %(height_m)s
FROM centre WHERE slug = %(centre)s
ON CONFLICT DO NOTHING

-- name: put_resource
INSERT INTO resource (centre_id, zone_id, slug, name, kind, seats, x_m, y_m, width_m, height_m)
SELECT c.centre_id, z.zone_id, %(slug)s, %(name)s, %(kind)s, %(seats)s, %(x_m)s, %(y_m)s, %(width_m)s, %(height_m)s
FROM centre c JOIN zone z ON z.centre_id = c.centre_id AND z.slug = %(zone)s WHERE c.slug = %(centre)s
ON CONFLICT DO NOTHING
