-- name: drafts
SELECT d.document FROM invoice_draft d JOIN company c USING (company_id)
WHERE %(month)s::date IS NULL OR d.month = %(month)s ORDER BY d.month, c.slug, d.part

-- name: clear_drafts
DELETE FROM invoice_draft WHERE month = %(month)s AND (%(companies)s::integer[] IS NULL OR company_id = ANY(%(companies)s))

-- name: put_draft
INSERT INTO invoice_draft (company_id, month, part, document)
SELECT %(company_id)s, %(month)s, coalesce(max(part), 0) + 1, %(document)s
FROM invoice_draft WHERE company_id = %(company_id)s AND month = %(month)s
