-- name: take_role
-- From here to the end of the transaction documents and postings can be inserted, but not changed.
SELECT set_config('role', rolname, true) FROM pg_roles
WHERE rolname = 'smartwork_books' AND pg_has_role(current_user, oid, 'member')

-- name: open_series
INSERT INTO document_series (series) VALUES (%(series)s) ON CONFLICT (series) DO NOTHING

-- name: lock_series
-- The row stays locked to the end of the transaction: two runs cannot take the same number, and a rollback leaves no gap.
SELECT last FROM document_series WHERE series = %(series)s FOR UPDATE

-- name: advance_series
UPDATE document_series SET last = %(last)s WHERE series = %(series)s

-- name: store_invoice
INSERT INTO invoice (number, kind, company_id, centre_id, corrects_id, month, issued_on, due_on, currency, net, vat, gross,
                     payment_reference, document, digest)
VALUES (%(number)s, %(kind)s, %(company_id)s, %(centre_id)s, (SELECT invoice_id FROM invoice WHERE number = %(corrects)s),
        %(month)s, %(issued_on)s, %(due_on)s, %(currency)s, %(net)s, %(vat)s, %(gross)s, %(payment_reference)s, %(document)s,
        %(digest)s)

-- name: store_lines
-- The lines are read from the stored snapshots, so that table and document cannot differ. Within a company an id names one
-- booking and one check-in; a booking that the network has moved to another company since is found by the network's id. The
-- columns for verdict, resource and period are those of the first proof of a line.
INSERT INTO invoice_line (invoice_id, line, kind, verdict, centre_id, resource_id, booking_id, check_in_id, starts_at, ends_at,
                          quantity, unit, hours, per_hour, net, evidence)
SELECT i.invoice_id, (l ->> 'line')::integer, l ->> 'kind', p ->> 'verdict', c.centre_id, r.resource_id, b.booking_id,
       k.check_in_id, (p ->> 'starts_at')::timestamptz, (p ->> 'ends_at')::timestamptz, (l ->> 'quantity')::numeric,
       l ->> 'unit', (l ->> 'hours')::numeric, (l ->> 'price')::numeric, (l ->> 'net')::numeric, p
FROM invoice i
CROSS JOIN LATERAL jsonb_array_elements(i.document -> 'lines') l
CROSS JOIN LATERAL (SELECT l -> 'proofs' -> 0 AS p) first
LEFT JOIN centre c ON c.slug = l ->> 'centre'
LEFT JOIN resource r ON r.centre_id = c.centre_id AND r.slug = p ->> 'resource'
CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT booking_id FROM booking WHERE external_id = p ->> 'booking' AND company_id = i.company_id),
    (SELECT booking_id FROM booking WHERE external_id = p ->> 'booking' AND client_company_id IS NULL)) AS booking_id) b
CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT check_in_id FROM check_in WHERE external_id = p ->> 'check_in' AND company_id = i.company_id),
    (SELECT check_in_id FROM check_in WHERE external_id = p ->> 'check_in' AND client_company_id IS NULL)) AS check_in_id) k
WHERE i.number = ANY(%(numbers)s)

-- name: store_proofs
INSERT INTO invoice_proof (invoice_id, line, proof, verdict, resource_id, booking_id, check_in_id, starts_at, ends_at,
                           booked_s, occupied_s, vacant_s, unknown_s, over_s, hours, evidence)
SELECT i.invoice_id, (l ->> 'line')::integer, n, p ->> 'verdict', r.resource_id, b.booking_id, k.check_in_id,
       (p ->> 'starts_at')::timestamptz, (p ->> 'ends_at')::timestamptz, (p ->> 'booked_s')::integer,
       (p ->> 'occupied_s')::integer, (p ->> 'vacant_s')::integer, (p ->> 'unknown_s')::integer, (p ->> 'over_s')::integer,
       (p ->> 'hours')::numeric, p
FROM invoice i
CROSS JOIN LATERAL jsonb_array_elements(i.document -> 'lines') l
CROSS JOIN LATERAL jsonb_array_elements(l -> 'proofs') WITH ORDINALITY AS proofs (p, n)
JOIN centre c ON c.slug = p ->> 'centre'
JOIN resource r ON r.centre_id = c.centre_id AND r.slug = p ->> 'resource'
CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT booking_id FROM booking WHERE external_id = p ->> 'booking' AND company_id = i.company_id),
    (SELECT booking_id FROM booking WHERE external_id = p ->> 'booking' AND client_company_id IS NULL)) AS booking_id) b
CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT check_in_id FROM check_in WHERE external_id = p ->> 'check_in' AND company_id = i.company_id),
    (SELECT check_in_id FROM check_in WHERE external_id = p ->> 'check_in' AND client_company_id IS NULL)) AS check_in_id) k
WHERE i.number = ANY(%(numbers)s)

-- name: release_occupancy
-- A line that a correction takes back no longer charges its occupancy.
DELETE FROM billed_occupancy s USING invoice gone, invoice i, jsonb_array_elements(i.document -> 'lines') l
WHERE i.number = ANY(%(numbers)s) AND l ->> 'kind' = 'correction'
  AND gone.number = l -> 'corrects' ->> 'number'
  AND s.invoice_id = gone.invoice_id AND s.line = (l -> 'corrects' ->> 'line')::integer

-- name: put_occupancy
-- A no-show and a late cancellation occupy no minute. A member who left early occupies the place up to the last presence, and nobody occupies it
-- beyond the time at which it was reassigned. The seconds past the end are rounded up, so one is subtracted: the next stay
-- may begin within the last of them.
INSERT INTO billed_occupancy (invoice_id, line, proof, resource_id, booking_id, period)
SELECT p.invoice_id, p.line, p.proof, p.resource_id, p.booking_id,
       CASE p.verdict
           WHEN 'no_show' THEN 'empty'::tstzrange
           WHEN 'cancelled_late' THEN 'empty'::tstzrange
           WHEN 'left_early' THEN tstzrange(p.starts_at, greatest(p.starts_at, (
               SELECT max(least((s ->> 'end')::timestamptz, p.ends_at)) FROM jsonb_array_elements(p.evidence -> 'spans') s
               WHERE s ->> 'state' = 'occupied')))
           ELSE tstzrange(p.starts_at, coalesce((p.evidence ->> 'ceded_at')::timestamptz,
                                                p.ends_at + make_interval(secs => greatest(p.over_s - 1, 0))))
       END
FROM invoice_proof p JOIN invoice i USING (invoice_id)
WHERE i.number = ANY(%(numbers)s) AND i.corrects_id IS NULL

-- name: put_event
INSERT INTO invoice_event (invoice_id, at, event, line, note, by_invoice_id, amount)
SELECT invoice_id, %(at)s, %(event)s, %(line)s, %(note)s, (SELECT invoice_id FROM invoice WHERE number = %(by)s), %(amount)s
FROM invoice WHERE number = %(number)s

-- name: invoices_of_month
-- The documents that billing issued to companies for the month; credit notes of disputes are left out.
SELECT document, digest FROM invoice
WHERE month = %(month)s AND company_id IS NOT NULL AND corrects_id IS NULL ORDER BY invoice_id

-- name: notes_of_month
-- Credit notes of disputes on documents of the month.
SELECT document, digest FROM invoice
WHERE month = %(month)s AND company_id IS NOT NULL AND corrects_id IS NOT NULL ORDER BY invoice_id

-- name: settlements_of_month
SELECT document, digest FROM invoice WHERE month = %(month)s AND centre_id IS NOT NULL ORDER BY invoice_id

-- name: documents_of_companies
SELECT company_id, document, digest FROM invoice
WHERE company_id = ANY(%(companies)s) AND issued_on >= %(since)s ORDER BY invoice_id

-- name: documents_of_centre
SELECT document, digest FROM invoice WHERE centre_id = %(centre_id)s AND month >= %(since)s ORDER BY invoice_id

-- name: document_numbered
SELECT invoice_id, company_id, centre_id, document, digest FROM invoice WHERE number = %(number)s

-- name: all_documents
SELECT number, document, digest, net, vat, gross FROM invoice ORDER BY invoice_id

-- name: document_summaries
SELECT i.number, i.kind, coalesce(co.slug, c.slug) AS party, coalesce(co.name, c.name) AS name, i.month, i.issued_on, i.due_on, i.net, i.vat,
       i.gross, coalesce(array_agg(e.event ORDER BY e.invoice_event_id) FILTER (WHERE e.event IS NOT NULL), '{}') AS events
FROM invoice i LEFT JOIN company co USING (company_id) LEFT JOIN centre c ON c.centre_id = i.centre_id
LEFT JOIN invoice_event e ON e.invoice_id = i.invoice_id
WHERE %(month)s::date IS NULL OR i.month = %(month)s
GROUP BY i.invoice_id, co.slug, c.slug, co.name, c.name ORDER BY i.invoice_id

-- name: payable_documents
-- Documents to companies, of a month or of one dispute: an invoice with its credit notes.
SELECT i.number, co.slug AS account, i.gross, i.kind = 'credit_note' AS is_credit, o.number AS corrects
FROM invoice i JOIN company co USING (company_id) LEFT JOIN invoice o ON o.invoice_id = i.corrects_id
WHERE (%(month)s::date IS NULL OR i.month = %(month)s)
  AND (%(number)s::text IS NULL OR coalesce(i.corrects_id, i.invoice_id) = (
      SELECT coalesce(corrects_id, invoice_id) FROM invoice WHERE number = %(number)s))
ORDER BY i.invoice_id

-- name: balance_changes
SELECT i.number, e.event AS kind, e.amount, b.number AS by
FROM invoice_event e JOIN invoice i USING (invoice_id) LEFT JOIN invoice b ON b.invoice_id = e.by_invoice_id
WHERE i.number = ANY(%(numbers)s) AND e.event IN ('paid', 'refunded', 'credited')
ORDER BY e.invoice_event_id

-- name: document_events
SELECT e.event AS kind, e.at, e.line, e.note, b.number AS by, e.amount
FROM invoice_event e JOIN invoice i USING (invoice_id) LEFT JOIN invoice b ON b.invoice_id = e.by_invoice_id
WHERE i.number = %(number)s ORDER BY e.invoice_event_id

-- name: lock_document
SELECT pg_advisory_xact_lock(hashtextextended(%(number)s, 7))
