-- name: centre_slugs
SELECT slug FROM centre ORDER BY slug

-- name: put_operator
INSERT INTO operator (name, kind, enterprise_number) VALUES (%(name)s, %(kind)s, %(enterprise_number)s)
ON CONFLICT (name) DO NOTHING

-- name: put_centre
INSERT INTO centre (slug, name, operator_id, region, town, latitude, longitude, timezone, opens, closes, open_days,
                    plan_width_m, plan_height_m, is_demo)
SELECT %(slug)s, %(name)s, operator_id, %(region)s, %(town)s, %(latitude)s, %(longitude)s, %(timezone)s, %(opens)s,
       %(closes)s, %(open_days)s, %(plan_width_m)s, %(plan_height_m)s, %(is_demo)s
FROM operator WHERE name = %(operator)s
ON CONFLICT (slug) DO NOTHING

-- name: put_closure
INSERT INTO closure (centre_id, day, reason) SELECT centre_id, %(day)s, %(reason)s FROM centre WHERE slug = %(centre)s
ON CONFLICT DO NOTHING
