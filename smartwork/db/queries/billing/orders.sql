-- name: items
SELECT o.company_id, o.external_id, o.product, o.description, o.supplied_on, o.quantity, o.price, o.unit, c.slug AS centre,
       o.cancelled_on
FROM item_order o LEFT JOIN centre c USING (centre_id) ORDER BY o.company_id, o.supplied_on, o.external_id

-- name: subscriptions
SELECT s.company_id, s.external_id, s.product, s.description, s.valid_from, s.quantity, s.price, s.valid_until, s.unit,
       c.slug AS centre, s.cancelled_on
FROM subscription s LEFT JOIN centre c USING (centre_id) ORDER BY s.company_id, s.external_id, s.valid_from

-- name: put_item
INSERT INTO item_order (company_id, external_id, product, description, supplied_on, quantity, price, unit, centre_id,
                        cancelled_on)
SELECT company_id, %(external_id)s, %(product)s, %(description)s, %(supplied_on)s, %(quantity)s, %(price)s, %(unit)s,
       (SELECT centre_id FROM centre WHERE slug = %(centre)s), %(cancelled_on)s
FROM company WHERE slug = %(company)s

-- name: put_subscription
INSERT INTO subscription (company_id, external_id, product, description, valid_from, quantity, price, valid_until, unit,
                          centre_id, cancelled_on)
SELECT company_id, %(external_id)s, %(product)s, %(description)s, %(valid_from)s, %(quantity)s, %(price)s, %(valid_until)s,
       %(unit)s, (SELECT centre_id FROM centre WHERE slug = %(centre)s), %(cancelled_on)s
FROM company WHERE slug = %(company)s

-- name: clear_items
DELETE FROM item_order

-- name: clear_subscriptions
DELETE FROM subscription

-- name: billed_supplies
-- The lines that charge orders for days from `since` to `until`, with what they charge. On credit notes quantities are negated.
SELECT s.company_id, i.number, s.line, s.kind, s.external_id AS order, s.starts_on, s.ends_on, c.slug AS centre,
       CASE i.kind WHEN 'credit_note' THEN -l.quantity ELSE l.quantity END AS quantity, l.unit, l.per_hour AS price,
       i.document -> 'lines' -> s.line - 1 ->> 'vat_category' AS vat_category,
       (i.document -> 'lines' -> s.line - 1 ->> 'vat_rate')::numeric AS vat_rate,
       EXISTS (SELECT FROM invoice_event e
               WHERE (e.invoice_id, e.line, e.event) = (s.invoice_id, s.line, 'credited')) AS is_credited
FROM billed_supply s JOIN invoice i USING (invoice_id) JOIN invoice_line l USING (invoice_id, line)
LEFT JOIN centre c ON c.centre_id = l.centre_id
WHERE s.company_id = ANY(%(companies)s) AND s.starts_on BETWEEN %(since)s AND %(until)s
ORDER BY s.invoice_id, s.line

-- name: billed_orders
-- Orders of companies that documents charge for days from `since` on.
SELECT DISTINCT c.slug, s.kind, s.external_id
FROM billed_supply s JOIN company c USING (company_id) WHERE s.ends_on >= %(since)s

-- name: release_supplies
DELETE FROM billed_supply s USING invoice i, unnest(%(numbers)s::text[], %(lines)s::integer[]) AS w (number, line)
WHERE i.number = w.number AND s.invoice_id = i.invoice_id AND s.line = w.line

-- name: put_supplies
-- The lines of stored documents that charge orders. A credit note of a dispute charges nothing.
INSERT INTO billed_supply (invoice_id, line, company_id, kind, external_id, starts_on, ends_on)
SELECT i.invoice_id, (l ->> 'line')::integer, i.company_id, l ->> 'kind', l ->> 'label', (l ->> 'starts_on')::date,
       (l ->> 'ends_on')::date
FROM invoice i CROSS JOIN LATERAL jsonb_array_elements(i.document -> 'lines') l
WHERE i.number = ANY(%(numbers)s) AND i.corrects_id IS NULL AND l ->> 'kind' IN ('item', 'subscription')
