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
                     payment_reference, document, digest, part)
VALUES (%(number)s, %(kind)s, %(company_id)s, %(centre_id)s, (SELECT invoice_id FROM invoice WHERE number = %(corrects)s),
        %(month)s, %(issued_on)s, %(due_on)s, %(currency)s, %(net)s, %(vat)s, %(gross)s, %(payment_reference)s, %(document)s,
        %(digest)s, %(part)s)

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
-- Lines that are taken back or credited in full charge their occupancy no longer.
DELETE FROM billed_occupancy s USING invoice i, unnest(%(numbers)s::text[], %(lines)s::integer[]) AS w (number, line)
WHERE i.number = w.number AND s.invoice_id = i.invoice_id AND s.line = w.line

-- name: put_occupancy
-- The periods follow from the rule in smartwork/domain/billing/occupancy.py.
INSERT INTO billed_occupancy (invoice_id, line, proof, resource_id, booking_id, period)
SELECT p.invoice_id, p.line, p.proof, p.resource_id, p.booking_id, tstzrange(w.starts_at, w.ends_at)
FROM unnest(%(numbers)s::text[], %(lines)s::integer[], %(proofs)s::integer[], %(starts)s::timestamptz[],
            %(ends)s::timestamptz[]) AS w (number, line, proof, starts_at, ends_at)
JOIN invoice i USING (number) JOIN invoice_proof p ON (p.invoice_id, p.line, p.proof) = (i.invoice_id, w.line, w.proof)

-- name: held_time
-- Billed occupancy that overlaps the given periods of places, or that has one of the given bookings of companies.
WITH met AS (
    SELECT s.invoice_id, s.line, s.proof
    FROM unnest(%(centres)s::text[], %(resources)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
         AS w (centre, resource, starts_at, ends_at)
    JOIN centre c ON c.slug = w.centre JOIN resource r ON r.centre_id = c.centre_id AND r.slug = w.resource
    JOIN billed_occupancy s ON s.resource_id = r.resource_id AND s.period && tstzrange(w.starts_at, w.ends_at)
    UNION
    SELECT s.invoice_id, s.line, s.proof
    FROM unnest(%(companies)s::integer[], %(bookings)s::text[]) AS w (company_id, external_id)
    JOIN booking b USING (company_id, external_id) JOIN billed_occupancy s USING (booking_id)
)
SELECT i.company_id, date_trunc('month', p.starts_at AT TIME ZONE c.timezone)::date, b.company_id, i.number, s.line, s.proof,
       c.slug, r.slug, p.evidence ->> 'booking', p.evidence ->> 'check_in', coalesce(lower(s.period), p.starts_at),
       coalesce(upper(s.period), p.starts_at)
FROM met JOIN billed_occupancy s USING (invoice_id, line, proof) JOIN invoice_proof p USING (invoice_id, line, proof)
JOIN invoice i USING (invoice_id) JOIN resource r ON r.resource_id = s.resource_id JOIN centre c ON c.centre_id = r.centre_id
LEFT JOIN booking b ON b.booking_id = s.booking_id
ORDER BY s.invoice_id, s.line, s.proof

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

-- name: issued_to_companies
SELECT document, digest FROM invoice
WHERE company_id IS NOT NULL AND issued_on >= %(since)s AND issued_on < %(until)s ORDER BY invoice_id

-- name: settlements_of_month
SELECT document, digest FROM invoice WHERE month = %(month)s AND centre_id IS NOT NULL ORDER BY invoice_id

-- name: documents_of_companies
SELECT company_id, document, digest FROM invoice
WHERE company_id = ANY(%(companies)s) AND issued_on >= %(since)s ORDER BY invoice_id

-- name: credited_companies
-- The companies with credit notes of disputes.
SELECT DISTINCT company_id FROM invoice
WHERE company_id = ANY(%(companies)s) AND corrects_id IS NOT NULL AND issued_on >= %(since)s

-- name: documents_of_centre
-- Documents that were taken back, and those that take them back, are left out.
SELECT document, digest FROM invoice i WHERE centre_id = %(centre_id)s AND month >= %(since)s
  AND NOT EXISTS (SELECT FROM settlement_cancellation x WHERE i.invoice_id IN (x.invoice_id, x.cancelled_by))
ORDER BY invoice_id

-- name: document_numbered
SELECT invoice_id, company_id, centre_id, document, digest FROM invoice WHERE number = %(number)s

-- name: all_documents
SELECT number, document, digest, net, vat, gross FROM invoice ORDER BY invoice_id

-- name: document_summaries
SELECT i.number, i.kind, coalesce(co.slug, c.slug) AS party, coalesce(co.name, c.name) AS name, i.month, i.issued_on, i.due_on, i.net, i.vat,
       i.gross, coalesce(array_agg(e.event ORDER BY e.invoice_event_id) FILTER (WHERE e.event IS NOT NULL), '{}') AS events,
       (array_agg(e.recorded_by ORDER BY e.invoice_event_id DESC))[1] AS recorded_by
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
WHERE i.number = ANY(%(numbers)s) AND e.event IN ('paid', 'refunded', 'credited', 'offset', 'offset_reversed', 'written_off',
                                                     'write_off_reversed')
ORDER BY e.invoice_event_id

-- name: document_events
SELECT e.event AS kind, e.at, e.line, e.note, b.number AS by, e.amount, e.recorded_by
FROM invoice_event e JOIN invoice i USING (invoice_id) LEFT JOIN invoice b ON b.invoice_id = e.by_invoice_id
WHERE i.number = %(number)s ORDER BY e.invoice_event_id

-- name: lock_document
SELECT pg_advisory_xact_lock(hashtextextended(%(number)s, 7))
