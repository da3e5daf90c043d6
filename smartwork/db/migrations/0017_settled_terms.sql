-- By which terms a centre's month was settled, so that a contract that is changed later is found; the newest row holds.
CREATE TABLE settled_terms (
    settled_terms_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    centre_id    smallint NOT NULL REFERENCES centre,
    month        date NOT NULL,
    mode         text NOT NULL CHECK (mode IN ('share', 'fixed', 'per_seat')),
    rate         numeric(12, 4) NOT NULL,
    vat_category text NOT NULL,
    vat_rate     numeric(5, 2) NOT NULL
);
CREATE INDEX settled_terms_month ON settled_terms (centre_id, month, settled_terms_id);

-- Months that were settled before say it themselves.
INSERT INTO settled_terms (centre_id, month, mode, rate, vat_category, vat_rate)
SELECT i.centre_id, i.month, CASE l ->> 'unit' WHEN 'share' THEN 'share' WHEN 'month' THEN 'fixed' ELSE 'per_seat' END,
       CASE l ->> 'unit' WHEN 'share' THEN abs((l ->> 'quantity')::numeric) ELSE (l ->> 'price')::numeric END,
       l ->> 'vat_category', (l ->> 'vat_rate')::numeric
FROM invoice i CROSS JOIN LATERAL (SELECT i.document -> 'lines' -> 0) AS first (l)
WHERE i.centre_id IS NOT NULL AND i.corrects_id IS NULL
ORDER BY i.invoice_id;

-- What companies were charged for centres, a row for each line of their documents: signed, hours from pools at their worth.
CREATE VIEW centre_charge AS
SELECT c.centre_id, c.slug AS centre, p.posting_id, p.month, i.invoice_id, (d ->> 'line')::integer AS line,
       (d ->> 'starts_on')::date AS day, d ->> 'place_kind' AS kind,
       coalesce(d -> 'proofs' -> 0 ->> 'resource', '') AS resource,
       coalesce(d -> 'proofs' -> 0 ->> 'resource_name', '') AS resource_name,
       s.sign * jsonb_array_length(d -> 'proofs') AS visits, s.sign * (d ->> 'hours')::numeric AS hours,
       s.sign * (d ->> 'net')::numeric AS net,
       s.sign * coalesce((SELECT sum((w ->> 'worth')::numeric) FROM jsonb_array_elements(d -> 'draws') w), 0) AS credits
FROM posting p JOIN invoice i USING (invoice_id)
CROSS JOIN LATERAL (SELECT CASE i.kind WHEN 'credit_note' THEN -1 ELSE 1 END) AS s (sign)
CROSS JOIN LATERAL jsonb_array_elements(i.document -> 'lines') d
JOIN centre c ON c.slug = d ->> 'centre'
WHERE p.kind = 'document';

CREATE TRIGGER settled_terms_is_final BEFORE UPDATE OR DELETE ON settled_terms
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settled_terms_stays BEFORE TRUNCATE ON settled_terms
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'smartwork_books') THEN
        GRANT SELECT ON centre_charge TO smartwork_books;
        GRANT SELECT, INSERT ON settled_terms TO smartwork_books;
    END IF;
END $$;
