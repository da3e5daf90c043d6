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

-- name: records_of_others
-- What a made-up network did not make. Its centres and companies are known by their slugs and their mark.
WITH made_up_centre AS (SELECT centre_id FROM centre WHERE is_demo AND slug = ANY(%(centres)s)),
     made_up_company AS (SELECT company_id FROM company WHERE is_demo AND slug = ANY(%(companies)s))
SELECT 'centre' AS kind, slug AS name FROM centre WHERE centre_id NOT IN (SELECT centre_id FROM made_up_centre)
UNION ALL
SELECT 'company', slug FROM company WHERE company_id NOT IN (SELECT company_id FROM made_up_company)
UNION ALL
SELECT 'operator', name FROM operator WHERE name <> ALL(%(operators)s)
UNION ALL
SELECT 'seller', name FROM seller WHERE enterprise_number <> %(seller)s
UNION ALL
SELECT 'document', number FROM invoice
WHERE (company_id IS NULL OR company_id NOT IN (SELECT company_id FROM made_up_company))
  AND (centre_id IS NULL OR centre_id NOT IN (SELECT centre_id FROM made_up_centre))
