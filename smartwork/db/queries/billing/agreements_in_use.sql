-- name: newest_billed_month
SELECT max(month) FROM invoice

-- name: last_billed_months
SELECT c.slug, max(i.month) FROM invoice i JOIN company c USING (company_id) WHERE i.corrects_id IS NULL GROUP BY c.slug

-- name: billed_days
SELECT DISTINCT c.slug AS company, k.slug AS centre, r.kind, (p.starts_at AT TIME ZONE k.timezone)::date AS day
FROM invoice_proof p
JOIN invoice i USING (invoice_id)
JOIN company c USING (company_id)
JOIN resource r USING (resource_id)
JOIN centre k ON k.centre_id = r.centre_id
WHERE p.starts_at >= %(since)s::timestamp AT TIME ZONE k.timezone
ORDER BY 1, 2, 3, 4

-- name: hours_left
SELECT c.slug, l.kind, sum(e.hours)
FROM prepaid_entry e JOIN prepaid_lot l USING (prepaid_lot_id) JOIN company c USING (company_id)
GROUP BY c.slug, l.kind HAVING sum(e.hours) > 0
