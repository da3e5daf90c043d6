-- name: all_payout_orders
SELECT name, total, document FROM payout_order ORDER BY payout_order_id

-- name: payouts
-- What each order pays, in the order of its file.
SELECT o.name, c.slug, p.amount, p.posting_id
FROM payout p JOIN payout_order o USING (payout_order_id) JOIN centre c USING (centre_id)
ORDER BY o.payout_order_id, c.slug
