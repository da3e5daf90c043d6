-- name: put_payout_order
INSERT INTO payout_order (name, month, ordered_on, total, payment_file)
VALUES (%(name)s, %(month)s, %(ordered_on)s, %(total)s, %(payment_file)s) RETURNING payout_order_id

-- name: put_payout
INSERT INTO payout (payout_order_id, centre_id, amount, posting_id, reference, iban)
SELECT %(payout_order_id)s, centre_id, %(amount)s, %(posting_id)s, %(reference)s, %(iban)s FROM centre WHERE slug = %(centre)s
RETURNING payout_id

-- name: payout_orders
SELECT o.name, o.month, o.ordered_on, o.total, o.payment_file,
       (SELECT count(*) FROM payout p WHERE p.payout_order_id = o.payout_order_id), o.recorded_by
FROM payout_order o WHERE o.month = %(month)s ORDER BY o.payout_order_id

-- name: lock_payouts
-- Until the end of the transaction, no other one orders payouts or records what the bank did with one.
SELECT pg_advisory_xact_lock(hashtextextended('payouts', 7))

-- name: payouts
-- All payouts in the order in which they were ordered, each with the numbers of the documents that it pays.
SELECT p.payout_id, o.name AS order, o.month, o.ordered_on, c.slug AS centre, c.name AS centre_name, p.reference, p.amount,
       p.iban, p.posting_id,
       ARRAY(SELECT i.number FROM payout_document d JOIN invoice i USING (invoice_id) WHERE d.payout_id = p.payout_id
             ORDER BY i.invoice_id) AS documents
FROM payout p JOIN payout_order o USING (payout_order_id) JOIN centre c USING (centre_id)
ORDER BY p.payout_id

-- name: payout_events
SELECT payout_id, posting_id, event, happened_on, source, reason, recorded_by FROM payout_event ORDER BY payout_event_id

-- name: put_payout_event
INSERT INTO payout_event (payout_id, event, happened_on, recorded_at, source, reason, posting_id)
VALUES (%(payout_id)s, %(event)s, %(happened_on)s, %(recorded_at)s, %(source)s, %(reason)s, %(posting_id)s)
RETURNING recorded_by

-- name: unpaid_documents
-- The self-billed documents that no payout pays: none was ordered for them, or all were refused. Those that were taken back,
-- and those that take them back, are left out.
SELECT i.document, i.digest FROM invoice i
WHERE i.centre_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM settlement_cancellation x WHERE i.invoice_id IN (x.invoice_id, x.cancelled_by))
  AND NOT EXISTS (
    SELECT FROM payout_document d
    LEFT JOIN LATERAL (SELECT e.event FROM payout_event e WHERE e.payout_id = d.payout_id
                       ORDER BY e.payout_event_id DESC LIMIT 1) last ON true
    WHERE d.invoice_id = i.invoice_id AND last.event IS DISTINCT FROM 'refused')
ORDER BY i.invoice_id

-- name: put_payout_documents
INSERT INTO payout_document (payout_id, invoice_id) SELECT %(payout_id)s, invoice_id FROM invoice WHERE number = ANY(%(numbers)s)
