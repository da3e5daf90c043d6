-- name: lots_of
-- The lots of companies, and what is left of those that were billed; NULL: not billed yet.
SELECT l.company_id, l.external_id, l.kind, l.bought_on, l.expires_on, l.hours, l.per_hour,
       (SELECT sum(e.hours) FROM credit_entry e WHERE e.credit_lot_id = l.credit_lot_id)
FROM credit_lot l
WHERE %(companies)s::integer[] IS NULL OR l.company_id = ANY(%(companies)s)
ORDER BY l.company_id, l.bought_on, l.external_id

-- name: put_lot
INSERT INTO credit_lot (company_id, external_id, kind, bought_on, expires_on, hours, per_hour)
VALUES (%(company_id)s, %(lot)s, %(kind)s, %(bought_on)s, %(expires_on)s, %(hours)s, %(per_hour)s)
ON CONFLICT (company_id, external_id) DO NOTHING

-- name: put_credit_entry
INSERT INTO credit_entry (credit_lot_id, month, reason, hours, worth, invoice_id, line)
SELECT credit_lot_id, %(month)s, %(reason)s, %(hours)s, %(worth)s, (SELECT invoice_id FROM invoice WHERE number = %(number)s),
       %(line)s
FROM credit_lot WHERE company_id = %(company_id)s AND external_id = %(lot)s
