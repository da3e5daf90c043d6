-- name: put_payout_order
INSERT INTO payout_order (name, month, ordered_on, total, payment_file)
VALUES (%(name)s, %(month)s, %(ordered_on)s, %(total)s, %(payment_file)s) RETURNING payout_order_id

-- name: put_payout
INSERT INTO payout (payout_order_id, centre_id, amount, posting_id)
SELECT %(payout_order_id)s, centre_id, %(amount)s, %(posting_id)s FROM centre WHERE slug = %(centre)s

-- name: payout_orders
SELECT o.name, o.month, o.ordered_on, o.total, o.payment_file,
       (SELECT count(*) FROM payout p WHERE p.payout_order_id = o.payout_order_id), o.recorded_by
FROM payout_order o WHERE o.month = %(month)s ORDER BY o.payout_order_id
