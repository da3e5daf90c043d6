-- name: acceptances
-- The self-billed documents of centres, with the agreement by which each was issued, and what took it back.
SELECT i.number, c.slug AS centre, t.version, t.signed_by, t.silent_on, b.number AS cancelled_by, r.number AS cancels
FROM invoice i JOIN centre c USING (centre_id) LEFT JOIN acceptance_terms t USING (invoice_id)
LEFT JOIN settlement_cancellation x USING (invoice_id) LEFT JOIN invoice b ON b.invoice_id = x.cancelled_by
LEFT JOIN settlement_cancellation y ON y.cancelled_by = i.invoice_id LEFT JOIN invoice r ON r.invoice_id = y.invoice_id
WHERE %(number)s::text IS NULL OR i.number = %(number)s
ORDER BY i.invoice_id

-- name: acceptance_events
SELECT i.number, e.event, e.happened_on, e.note, e.recorded_by FROM acceptance_event e JOIN invoice i USING (invoice_id)
WHERE %(number)s::text IS NULL OR i.number = %(number)s ORDER BY e.acceptance_event_id

-- name: put_acceptance_terms
INSERT INTO acceptance_terms (invoice_id, version, signed_on, signed_by, silent_on)
SELECT invoice_id, %(version)s, %(signed_on)s, %(signed_by)s, %(silent_on)s FROM invoice WHERE number = %(number)s

-- name: put_acceptance_event
INSERT INTO acceptance_event (invoice_id, event, happened_on, recorded_at, note)
SELECT invoice_id, %(event)s, %(happened_on)s, %(recorded_at)s, %(note)s FROM invoice WHERE number = %(number)s
RETURNING recorded_by

-- name: settlement_of_document
-- The posting of a self-billed document, and what companies were charged in the documents that it settles.
SELECT p.posting_id, coalesce(
    (SELECT sum(l.net + l.prepaid_value) FROM centre_charge l JOIN settlement_item s USING (posting_id, centre_id)
     WHERE s.settlement_id = p.posting_id AND s.centre_id = i.centre_id), 0)
FROM posting p JOIN invoice i USING (invoice_id) WHERE i.number = %(number)s AND p.kind = 'settlement'

-- name: put_cancellation
INSERT INTO settlement_cancellation (settlement_id, invoice_id, cancelled_by)
SELECT %(settlement_id)s, d.invoice_id, c.invoice_id FROM invoice d, invoice c
WHERE d.number = %(number)s AND c.number = %(cancelled_by)s
