-- name: put_accounts
INSERT INTO account (code) SELECT unnest(%(codes)s::text[]) ON CONFLICT (code) DO NOTHING

-- name: put_posting
INSERT INTO posting (kind, month, posted_on, invoice_id)
VALUES (%(kind)s, %(month)s, %(posted_on)s, (SELECT invoice_id FROM invoice WHERE number = %(document)s))
RETURNING posting_id

-- name: put_entries
INSERT INTO entry (posting_id, account_id, amount)
SELECT %(posting_id)s, account_id, amount
FROM unnest(%(codes)s::text[], %(amounts)s::numeric[]) AS e (code, amount) JOIN account USING (code)

-- name: balances
SELECT a.code, sum(e.amount) FROM entry e JOIN account a USING (account_id) GROUP BY a.code ORDER BY a.code

-- name: postings
SELECT p.posting_id, p.kind, p.month, i.number, a.code, e.amount
FROM posting p LEFT JOIN invoice i USING (invoice_id) LEFT JOIN entry e USING (posting_id) LEFT JOIN account a USING (account_id)
ORDER BY p.posting_id, a.code

-- name: posting_count
SELECT count(*) FROM posting

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

-- name: pool_movements
SELECT c.slug, l.external_id, l.hours, l.per_hour, e.reason, e.hours, e.worth, i.number, e.line
FROM credit_entry e JOIN credit_lot l USING (credit_lot_id) JOIN company c ON c.company_id = l.company_id
LEFT JOIN invoice i USING (invoice_id) ORDER BY e.credit_entry_id

-- name: series_numbers
SELECT s.series, s.last, coalesce(array_agg(i.number ORDER BY i.number) FILTER (WHERE i.number IS NOT NULL), '{}')
FROM document_series s LEFT JOIN invoice i ON starts_with(i.number, s.series || '-') GROUP BY s.series ORDER BY s.series

-- name: strangers_to_series
-- Documents whose number belongs to no series.
SELECT i.number FROM invoice i
WHERE NOT EXISTS (SELECT FROM document_series s WHERE starts_with(i.number, s.series || '-')) ORDER BY 1

-- name: centre_contracts
SELECT c.slug, t.valid_from, t.valid_until, t.mode, t.rate, t.payee, t.enterprise_number, t.street, t.postcode, t.town, t.iban,
       t.language, t.vat_category, t.vat_rate, t.vat_code, t.vat_reason
FROM centre_contract t JOIN centre c USING (centre_id) ORDER BY c.slug, t.valid_from

-- name: centres_to_settle
SELECT c.centre_id, c.slug, c.name, c.is_demo, count(r.resource_id) FILTER (WHERE r.kind = 'desk')
FROM centre c LEFT JOIN resource r USING (centre_id) GROUP BY c.centre_id ORDER BY c.slug

-- name: unsettled_lines
-- Lines of company documents for centres, up to a month, that no settlement has taken in.
SELECT l.centre, l.posting_id, l.day, l.kind, l.resource, l.resource_name, l.visits, l.hours, l.net, l.credits
FROM centre_charge l
WHERE l.month <= %(month)s
  AND NOT EXISTS (SELECT FROM settled_posting s WHERE s.posting_id = l.posting_id AND s.centre_id = l.centre_id)
ORDER BY l.posting_id, l.line

-- name: settled_lines
-- Lines about a centre's month that settlements took in.
SELECT l.centre, l.posting_id, l.day, l.kind, l.resource, l.resource_name, l.visits, l.hours, l.net, l.credits
FROM centre_charge l
JOIN settled_posting s USING (posting_id, centre_id)
WHERE l.centre_id = %(centre_id)s AND l.day >= %(month)s AND l.day < %(month)s::date + interval '1 month'
ORDER BY l.posting_id, l.line

-- name: settled_terms
-- The terms by which months were last settled, of each centre.
SELECT DISTINCT ON (t.centre_id, t.month) c.slug, t.month, t.mode, t.rate, t.vat_category, t.vat_rate, t.desks
FROM settled_terms t JOIN centre c USING (centre_id)
WHERE t.month BETWEEN %(since)s AND %(until)s
ORDER BY t.centre_id, t.month, t.settled_terms_id DESC

-- name: put_settled_terms
INSERT INTO settled_terms (centre_id, month, mode, rate, vat_category, vat_rate, desks)
VALUES (%(centre_id)s, %(month)s, %(mode)s, %(rate)s, %(vat_category)s, %(vat_rate)s, %(desks)s)

-- name: put_settled
INSERT INTO settled_posting (posting_id, centre_id, settlement_id)
SELECT unnest(%(postings)s::bigint[]), centre_id, %(settlement)s FROM centre WHERE slug = %(centre)s

-- name: unattributed_stays
-- By centre: walk-ins of the month that nobody signed for, and their hours of presence.
SELECT c.slug, count(*), round(sum(v.occupied_s) / 3600.0, 2)
FROM verdict v JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
WHERE v.company_id IS NULL AND v.verdict = 'walk_in' AND r.kind IN ('desk', 'room')
  AND v.starts_at >= %(month)s::timestamp AT TIME ZONE c.timezone
  AND v.starts_at < (%(month)s::timestamp + interval '1 month') AT TIME ZONE c.timezone
GROUP BY c.slug

-- name: first_settlement
SELECT number, issued_on FROM invoice WHERE centre_id = %(centre_id)s AND month = %(month)s AND corrects_id IS NULL

-- name: latest_settlement
SELECT number, issued_on FROM invoice
WHERE centre_id = %(centre_id)s AND month <= %(month)s AND kind = 'self_billed_invoice' ORDER BY invoice_id DESC LIMIT 1

-- name: put_payout_order
INSERT INTO payout_order (name, month, ordered_on, total, document)
VALUES (%(name)s, %(month)s, %(ordered_on)s, %(total)s, %(document)s) RETURNING payout_order_id

-- name: put_payout
INSERT INTO payout (payout_order_id, centre_id, amount, posting_id)
SELECT %(payout_order_id)s, centre_id, %(amount)s, %(posting_id)s FROM centre WHERE slug = %(centre)s

-- name: payout_orders
SELECT o.name, o.month, o.ordered_on, o.total, o.document,
       (SELECT count(*) FROM payout p WHERE p.payout_order_id = o.payout_order_id)
FROM payout_order o WHERE o.month = %(month)s ORDER BY o.payout_order_id
