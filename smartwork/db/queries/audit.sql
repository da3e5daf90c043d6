-- name: all_payout_orders
SELECT name, total, document FROM payout_order ORDER BY payout_order_id

-- name: payouts
-- What each order pays, in the order of its file.
SELECT o.name, c.slug, p.amount, p.posting_id
FROM payout p JOIN payout_order o USING (payout_order_id) JOIN centre c USING (centre_id)
ORDER BY o.payout_order_id, c.slug

-- name: all_taken_in
SELECT s.posting_id, c.slug, s.settlement_id
FROM settled_posting s JOIN centre c USING (centre_id) ORDER BY s.settlement_id, s.posting_id

-- name: terms_kept
-- The terms by which each month was last settled, of each centre.
SELECT DISTINCT ON (t.centre_id, t.month) c.slug, t.month, t.mode, t.rate, t.vat_category, t.vat_rate
FROM settled_terms t JOIN centre c USING (centre_id)
ORDER BY t.centre_id, t.month, t.settled_terms_id DESC

-- name: all_statements
SELECT i.number, s.document, s.digest FROM centre_statement s LEFT JOIN invoice i USING (invoice_id) ORDER BY s.invoice_id
