-- name: centres_to_settle
SELECT c.centre_id, c.slug, c.name, c.is_demo, count(r.resource_id) FILTER (WHERE r.kind = 'desk')
FROM centre c LEFT JOIN resource r USING (centre_id) GROUP BY c.centre_id ORDER BY c.slug

-- name: unsettled_lines
-- Lines of company documents for centres, up to a month, that no settlement has taken in, or only one that was taken back.
SELECT l.centre, l.posting_id, l.day, l.kind, l.resource, l.resource_name, l.visits, l.hours, l.net, l.prepaid_value
FROM centre_charge l
WHERE l.month <= %(month)s
  AND NOT EXISTS (SELECT FROM settlement_item s WHERE s.posting_id = l.posting_id AND s.centre_id = l.centre_id
                  AND NOT EXISTS (SELECT FROM settlement_cancellation x WHERE x.settlement_id = s.settlement_id))
ORDER BY l.posting_id, l.line

-- name: settled_lines
-- Lines about a centre's month that settlements took in.
SELECT l.centre, l.posting_id, l.day, l.kind, l.resource, l.resource_name, l.visits, l.hours, l.net, l.prepaid_value
FROM centre_charge l
JOIN settlement_item s USING (posting_id, centre_id)
WHERE l.centre_id = %(centre_id)s AND l.day >= %(month)s AND l.day < %(month)s::date + interval '1 month'
  AND NOT EXISTS (SELECT FROM settlement_cancellation x WHERE x.settlement_id = s.settlement_id)
ORDER BY l.posting_id, l.line

-- name: put_settlement_items
INSERT INTO settlement_item (posting_id, centre_id, settlement_id)
SELECT unnest(%(postings)s::bigint[]), centre_id, %(settlement)s FROM centre WHERE slug = %(centre)s

-- name: settled_terms
-- The terms by which each month of each centre was settled last.
SELECT DISTINCT ON (t.centre_id, t.month) c.slug, t.month, t.mode, t.rate, t.vat_category, t.vat_rate, t.desks
FROM settled_terms t JOIN centre c USING (centre_id)
WHERE t.month BETWEEN %(since)s AND %(until)s
  AND NOT EXISTS (SELECT FROM settlement_cancellation x WHERE x.settlement_id = t.settlement_id)
ORDER BY t.centre_id, t.month, t.settled_terms_id DESC

-- name: put_settled_terms
INSERT INTO settled_terms (centre_id, month, mode, rate, vat_category, vat_rate, desks, settlement_id)
VALUES (%(centre_id)s, %(month)s, %(mode)s, %(rate)s, %(vat_category)s, %(vat_rate)s, %(desks)s, %(settlement_id)s)

-- name: first_settlement
SELECT number, issued_on FROM invoice WHERE centre_id = %(centre_id)s AND month = %(month)s AND corrects_id IS NULL

-- name: latest_settlement
SELECT number, issued_on FROM invoice i
WHERE centre_id = %(centre_id)s AND month <= %(month)s AND kind = 'self_billed_invoice'
  AND NOT EXISTS (SELECT FROM settlement_cancellation x WHERE i.invoice_id IN (x.invoice_id, x.cancelled_by))
ORDER BY invoice_id DESC LIMIT 1
