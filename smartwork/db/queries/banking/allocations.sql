-- name: put_bank_allocation
INSERT INTO bank_allocation (bank_entry_id, recorded_at, kind, target, amount, by_rule, reason, posting_id,
                             last_event_id)
VALUES (%(bank_entry_id)s, %(recorded_at)s, %(kind)s, %(target)s, %(amount)s, %(by_rule)s, %(reason)s, %(posting_id)s,
        (SELECT coalesce(max(invoice_event_id), 0) FROM invoice_event))

-- name: bank_allocations
SELECT bank_entry_id, kind, target, amount, recorded_at, by_rule, reason, posting_id, last_event_id FROM bank_allocation ORDER BY bank_allocation_id

-- name: payable_items
-- The documents to companies, as payments name them.
SELECT i.number, co.slug, coalesce(i.payment_reference, ''), i.kind = 'credit_note', i.issued_on
FROM invoice i JOIN company co USING (company_id) ORDER BY i.invoice_id

-- name: payments_by_hand
-- Payments and refunds of documents to companies that no statement recorded.
SELECT i.number, e.event, coalesce(e.amount, i.gross) FROM invoice_event e JOIN invoice i USING (invoice_id)
WHERE e.event IN ('paid', 'refunded') AND i.company_id IS NOT NULL AND coalesce(e.recorded_by, '') NOT LIKE 'statement %%'
ORDER BY e.invoice_event_id

-- name: last_changes_by_hand
-- The last event of each document that changed its balance and was recorded by anything but a statement.
SELECT i.number, max(e.invoice_event_id) FROM invoice_event e JOIN invoice i USING (invoice_id)
WHERE e.event NOT IN ('issued', 'sent', 'disputed', 'upheld') AND coalesce(e.recorded_by, '') NOT LIKE 'statement %%'
GROUP BY i.number
