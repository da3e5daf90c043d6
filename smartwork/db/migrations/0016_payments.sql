-- A document may be paid in parts, or too much of it, and what was too much is given back. A payment that was kept before
-- has no amount: it was all that the document asked for.
ALTER TABLE invoice_event
    ADD COLUMN amount numeric(14, 2) CHECK (amount > 0),
    DROP CONSTRAINT invoice_event_event_check,
    ADD CONSTRAINT invoice_event_event_check
        CHECK (event IN ('issued', 'sent', 'paid', 'refunded', 'disputed', 'credited', 'upheld')),
    ADD CONSTRAINT invoice_event_amount CHECK (amount IS NULL OR event IN ('paid', 'refunded')),
    ADD CONSTRAINT invoice_event_refund CHECK (event <> 'refunded' OR amount IS NOT NULL);
DROP INDEX posting_once;
CREATE UNIQUE INDEX posting_once ON posting (invoice_id, kind) WHERE invoice_id IS NOT NULL AND kind <> 'payment';
