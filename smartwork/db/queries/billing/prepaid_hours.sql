-- name: prepaid_lots
-- The lots of companies with the hours left; NULL where the lot is on no document yet.
SELECT l.company_id, l.external_id, l.kind, l.bought_on, l.expires_on, l.hours, l.per_hour,
       (SELECT sum(e.hours) FROM prepaid_entry e WHERE e.prepaid_lot_id = l.prepaid_lot_id) AS hours_left
FROM prepaid_lot l
WHERE %(companies)s::integer[] IS NULL OR l.company_id = ANY(%(companies)s)
ORDER BY l.company_id, l.bought_on, l.external_id

-- name: put_prepaid_lot
INSERT INTO prepaid_lot (company_id, external_id, kind, bought_on, expires_on, hours, per_hour, returned_from_id)
VALUES (%(company_id)s, %(lot)s, %(kind)s, %(bought_on)s, %(expires_on)s, %(hours)s, %(per_hour)s,
        (SELECT prepaid_lot_id FROM prepaid_lot WHERE company_id = %(company_id)s AND external_id = %(returned_from)s))
ON CONFLICT (company_id, external_id) DO NOTHING

-- name: lock_prepaid_hours
-- Whoever draws hours down or returns them reads first what is left: one after the other, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('prepaid hours', 7))

-- name: put_prepaid_entry
INSERT INTO prepaid_entry (prepaid_lot_id, month, reason, hours, value, invoice_id, line)
SELECT prepaid_lot_id, %(month)s, %(reason)s, %(hours)s, %(value)s, (SELECT invoice_id FROM invoice WHERE number = %(number)s),
       %(line)s
FROM prepaid_lot WHERE company_id = %(company_id)s AND external_id = %(lot)s
