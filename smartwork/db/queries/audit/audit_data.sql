-- name: document_mismatches
-- Columns of documents that differ from the snapshot. A credit note after a dispute corrects the document that its snapshot
-- names; a centre's later document of a month corrects the first document of that month.
SELECT i.number, f.what
FROM invoice i
LEFT JOIN company co USING (company_id)
LEFT JOIN centre c ON c.centre_id = i.centre_id
LEFT JOIN invoice o ON o.invoice_id = i.corrects_id
CROSS JOIN LATERAL jsonb_to_record(i.document) AS d (number text, kind text, account text, month date, issued_on date,
    due_on date, currency text, payment jsonb, reason text, corrects jsonb)
CROSS JOIN LATERAL (VALUES
    ('number', i.number = d.number),
    ('kind', i.kind = d.kind),
    ('account', coalesce(co.slug, c.slug) = d.account),
    ('month', i.month = d.month),
    ('issued_on', i.issued_on = d.issued_on),
    ('due_on', i.due_on = d.due_on),
    ('currency', i.currency = d.currency),
    ('payment_reference', i.payment_reference IS NOT DISTINCT FROM d.payment ->> 'reference'),
    ('corrects_id', CASE
        WHEN i.centre_id IS NOT NULL THEN i.corrects_id IS NOT DISTINCT FROM (
            SELECT min(e.invoice_id) FROM invoice e
            WHERE e.centre_id = i.centre_id AND e.month = i.month AND e.invoice_id < i.invoice_id)
        WHEN d.reason IS NULL THEN i.corrects_id IS NULL
        ELSE d.corrects @> jsonb_build_array(jsonb_build_object('number', o.number))
    END)
) AS f (what, holds)
WHERE f.holds IS NOT TRUE
ORDER BY i.invoice_id

-- name: line_mismatches
-- Lines of the table that differ from those of the document: figures, place, and the first visit. A reference to a row that
-- no longer exists is compared by its key.
SELECT coalesce(d.number, l.number, ''), format('line %s', coalesce(d.line, l.line))
FROM (
    SELECT i.invoice_id, i.number, x.line, x.proofs -> 0 AS evidence,
           ROW(x.kind, x.unit, x.quantity, x.hours, x.price, x.net, x.centre, p.verdict, p.centre, p.resource, p.booking,
               p.check_in, p.starts_at, p.ends_at) AS content
    FROM invoice i
    CROSS JOIN LATERAL jsonb_to_recordset(i.document -> 'lines') AS x (line integer, kind text, unit text, quantity numeric,
        hours numeric, price numeric, net numeric, centre text, proofs jsonb)
    LEFT JOIN LATERAL jsonb_to_record(x.proofs -> 0) AS p (verdict text, centre text, resource text, booking text,
        check_in text, starts_at timestamptz, ends_at timestamptz) ON true
) d
FULL JOIN (
    SELECT l.invoice_id, i.number, l.line, l.evidence,
           ROW(l.kind, l.unit, l.quantity, l.hours, l.per_hour, l.net, c.slug, l.verdict, rc.slug,
               coalesce(r.slug, l.resource_id::text), coalesce(b.external_id, l.booking_id::text),
               coalesce(k.external_id, l.check_in_id::text), l.starts_at, l.ends_at) AS content
    FROM invoice_line l
    LEFT JOIN invoice i USING (invoice_id)
    LEFT JOIN centre c ON c.centre_id = l.centre_id
    LEFT JOIN resource r USING (resource_id)
    LEFT JOIN centre rc ON rc.centre_id = r.centre_id
    LEFT JOIN booking b USING (booking_id)
    LEFT JOIN check_in k USING (check_in_id)
) l ON l.invoice_id = d.invoice_id AND l.line = d.line
WHERE l.content IS DISTINCT FROM d.content OR l.evidence IS DISTINCT FROM d.evidence

-- name: proof_mismatches
-- Visits of the table `invoice_proof` that differ from those of the document.
SELECT coalesce(d.number, p.number, ''), format('line %s, visit %s', coalesce(d.line, p.line), coalesce(d.proof, p.proof))
FROM (
    SELECT i.invoice_id, i.number, x.line, n.proof, n.evidence,
           ROW(v.verdict, v.centre, v.resource, v.booking, v.check_in, v.starts_at, v.ends_at, v.booked_s, v.occupied_s,
               v.vacant_s, v.unknown_s, v.over_s, v.hours) AS content
    FROM invoice i
    CROSS JOIN LATERAL jsonb_to_recordset(i.document -> 'lines') AS x (line integer, proofs jsonb)
    CROSS JOIN LATERAL jsonb_array_elements(x.proofs) WITH ORDINALITY AS n (evidence, proof)
    CROSS JOIN LATERAL jsonb_to_record(n.evidence) AS v (verdict text, centre text, resource text, booking text,
        check_in text, starts_at timestamptz, ends_at timestamptz, booked_s integer, occupied_s integer, vacant_s integer,
        unknown_s integer, over_s integer, hours numeric)
) d
FULL JOIN (
    SELECT p.invoice_id, i.number, p.line, p.proof, p.evidence,
           ROW(p.verdict, c.slug, r.slug, coalesce(b.external_id, p.booking_id::text),
               coalesce(k.external_id, p.check_in_id::text), p.starts_at, p.ends_at, p.booked_s, p.occupied_s, p.vacant_s,
               p.unknown_s, p.over_s, p.hours) AS content
    FROM invoice_proof p
    LEFT JOIN invoice i USING (invoice_id)
    LEFT JOIN resource r USING (resource_id)
    LEFT JOIN centre c ON c.centre_id = r.centre_id
    LEFT JOIN booking b USING (booking_id)
    LEFT JOIN check_in k USING (check_in_id)
) p ON p.invoice_id = d.invoice_id AND p.line = d.line AND p.proof = d.proof
WHERE p.content IS DISTINCT FROM d.content OR p.evidence IS DISTINCT FROM d.evidence

-- name: supply_mismatches
-- Orders that the table `billed_supply` has for other lines or days than the documents. A correction takes back its line.
WITH lines AS (
    SELECT i.invoice_id, i.number, i.company_id, i.corrects_id, x.*
    FROM invoice i CROSS JOIN LATERAL jsonb_to_recordset(i.document -> 'lines') AS x (line integer, kind text, label text,
        starts_on date, ends_on date, corrects jsonb)
    WHERE i.company_id IS NOT NULL
), taken_back AS (
    SELECT corrects ->> 'number' AS number, (corrects ->> 'line')::integer AS line FROM lines WHERE kind = 'correction'
)
SELECT coalesce(d.number, i.number, ''), format('line %s, order', coalesce(d.line, s.line))
FROM (
    SELECT * FROM lines
    WHERE corrects_id IS NULL AND kind IN ('item', 'subscription') AND (number, line) NOT IN (SELECT number, line FROM taken_back)
) d
FULL JOIN billed_supply s USING (invoice_id, line) LEFT JOIN invoice i USING (invoice_id)
WHERE (d.company_id, d.kind, d.label, d.starts_on, d.ends_on)
    IS DISTINCT FROM (s.company_id, s.kind, s.external_id, s.starts_on, s.ends_on)

-- name: audited_occupancy
-- Billed occupancy, and whether it is of the place and booking of its visit. An empty period begins and ends with the visit.
SELECT coalesce(i.number, ''), s.line, s.proof,
       coalesce((s.resource_id, s.booking_id) IS NOT DISTINCT FROM (p.resource_id, p.booking_id), false),
       coalesce(lower(s.period), p.starts_at), coalesce(upper(s.period), p.starts_at)
FROM billed_occupancy s LEFT JOIN invoice i USING (invoice_id) LEFT JOIN invoice_proof p USING (invoice_id, line, proof)
ORDER BY s.invoice_id, s.line, s.proof

-- name: shared_booking_ids
SELECT external_id FROM booking GROUP BY external_id HAVING count(*) > 1

-- name: billed_months
SELECT c.slug, m.month, m.digest_version, m.verdicts_digest, m.contracts_digest, m.tariffs_digest
FROM billed_month m JOIN company c USING (company_id) ORDER BY c.slug, m.month

-- name: all_payout_orders
SELECT name, total, payment_file FROM payout_order ORDER BY payout_order_id

-- name: audited_payouts
-- The payouts of each order, in the order of its file, with the documents that each pays and what the bank did with it.
SELECT o.name, c.slug, p.amount, p.posting_id, p.iban,
       ARRAY(SELECT i.number FROM payout_document d JOIN invoice i USING (invoice_id) WHERE d.payout_id = p.payout_id
             ORDER BY i.invoice_id),
       ARRAY(SELECT e.event FROM payout_event e WHERE e.payout_id = p.payout_id ORDER BY e.payout_event_id),
       ARRAY(SELECT e.posting_id FROM payout_event e WHERE e.payout_id = p.payout_id ORDER BY e.payout_event_id)
FROM payout p JOIN payout_order o USING (payout_order_id) JOIN centre c USING (centre_id)
ORDER BY o.payout_order_id, c.slug

-- name: agreed_ibans
-- The accounts of payouts that the agreements name, now or in an earlier version.
SELECT DISTINCT p.iban FROM payout p
WHERE p.iban IN (SELECT iban FROM centre_contract)
   OR EXISTS (SELECT FROM agreement_version v WHERE position(p.iban IN replace(v.content, ' ', '')) > 0)

-- name: settlement_items
SELECT s.posting_id, c.slug, s.settlement_id
FROM settlement_item s JOIN centre c USING (centre_id) ORDER BY s.settlement_id, s.posting_id

-- name: stored_terms
-- The terms by which each month of each centre was settled last.
SELECT DISTINCT ON (t.centre_id, t.month) c.slug, t.month, t.desks, t.mode, t.rate, t.vat_category, t.vat_rate
FROM settled_terms t JOIN centre c USING (centre_id)
WHERE NOT EXISTS (SELECT FROM settlement_cancellation x WHERE x.settlement_id = t.settlement_id)
ORDER BY t.centre_id, t.month, t.settled_terms_id DESC

-- name: all_statements
SELECT i.number, s.document, s.digest FROM centre_statement s LEFT JOIN invoice i USING (invoice_id) ORDER BY s.invoice_id

-- name: postings
SELECT p.posting_id, p.kind, p.month, i.number, a.code, e.amount
FROM posting p LEFT JOIN invoice i USING (invoice_id) LEFT JOIN entry e USING (posting_id) LEFT JOIN account a USING (account_id)
ORDER BY p.posting_id, a.code

-- name: pool_movements
SELECT c.slug, l.external_id, l.hours, l.per_hour, e.reason, e.hours, e.value, i.number, e.line
FROM prepaid_entry e JOIN prepaid_lot l USING (prepaid_lot_id) JOIN company c ON c.company_id = l.company_id
LEFT JOIN invoice i USING (invoice_id) ORDER BY e.prepaid_entry_id

-- name: series_numbers
SELECT s.series, s.last, coalesce(array_agg(i.number ORDER BY i.number) FILTER (WHERE i.number IS NOT NULL), '{}')
FROM document_series s LEFT JOIN invoice i ON s.series = regexp_replace(i.number, '-[0-9]+$', '') GROUP BY s.series ORDER BY s.series

-- name: documents_without_series
-- Documents whose number belongs to no series.
SELECT i.number FROM invoice i
WHERE NOT EXISTS (SELECT FROM document_series s WHERE s.series = regexp_replace(i.number, '-[0-9]+$', '')) ORDER BY 1
