-- A payout is ordered until the bank pays or refuses it. Each has a reference, the documents that it pays, and events.
ALTER TABLE payout
    ADD COLUMN payout_id bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN reference text, -- the end-to-end identifier in the payment file
    ADD COLUMN iban      text, -- to which it is paid; NULL: ordered by an earlier version
    ADD CONSTRAINT payout_id_is_unique UNIQUE (payout_id);

ALTER TABLE payout DISABLE TRIGGER USER;
UPDATE payout p SET reference = left(c.slug, 24) || ' ' || to_char(o.month, 'YYYY-MM')
    || CASE o.ordinal WHEN '1' THEN '' ELSE ' ' || o.ordinal END
FROM (SELECT payout_order_id, month, substring(name FROM '-([0-9]+)\.xml$') AS ordinal FROM payout_order) o, centre c
WHERE o.payout_order_id = p.payout_order_id AND c.centre_id = p.centre_id;
ALTER TABLE payout ENABLE TRIGGER USER;
ALTER TABLE payout ALTER COLUMN reference SET NOT NULL;
CREATE INDEX payout_reference ON payout (reference);

-- Up to now a payout paid all that was owed: the documents since the payout before it.
CREATE TABLE payout_document (
    payout_id  bigint NOT NULL REFERENCES payout (payout_id),
    invoice_id bigint NOT NULL REFERENCES invoice,
    PRIMARY KEY (payout_id, invoice_id)
);
CREATE INDEX payout_document_invoice ON payout_document (invoice_id);
INSERT INTO payout_document (payout_id, invoice_id)
SELECT (SELECT w.payout_id FROM payout w WHERE w.centre_id = i.centre_id AND w.posting_id > p.posting_id
        ORDER BY w.posting_id LIMIT 1), i.invoice_id
FROM invoice i JOIN posting p ON p.invoice_id = i.invoice_id AND p.kind = 'settlement'
WHERE EXISTS (SELECT FROM payout w WHERE w.centre_id = i.centre_id AND w.posting_id > p.posting_id);

CREATE TABLE payout_event (
    payout_event_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    payout_id   bigint NOT NULL REFERENCES payout (payout_id),
    event       text NOT NULL CHECK (event IN ('paid', 'refused')),
    happened_on date NOT NULL, -- the bank's day
    recorded_at timestamptz NOT NULL,
    recorded_by text DEFAULT coalesce(nullif(current_setting('smartwork.author', true), ''), 'smartwork'),
    source      text NOT NULL, -- where it stands: a bank statement, a message of the bank
    reason      text,
    posting_id  bigint NOT NULL REFERENCES posting,
    CHECK ((event = 'refused') = (reason IS NOT NULL))
);
CREATE INDEX payout_event_payout ON payout_event (payout_id);
-- Up to now an order was posted as paid. Its posting stays the one of the payment.
INSERT INTO payout_event (payout_id, event, happened_on, recorded_at, recorded_by, source, posting_id)
SELECT p.payout_id, 'paid', o.ordered_on, now(), NULL, 'posted as paid when it was ordered', p.posting_id
FROM payout p JOIN payout_order o USING (payout_order_id) ORDER BY p.payout_id;

DO $$
DECLARE
    final text;
BEGIN
    FOREACH final IN ARRAY ARRAY['payout_document', 'payout_event'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
                       final || '_is_final', final);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       final || '_stays', final);
    END LOOP;
END $$;
