-- What closes an open amount without money: set-offs of credit notes, and write-offs. And prepaid hours that come back after
-- their lot has expired: they get a lot of their own.
ALTER TABLE invoice_event
    DROP CONSTRAINT invoice_event_event_check,
    ADD CONSTRAINT invoice_event_event_check
        CHECK (event IN ('issued', 'sent', 'paid', 'refunded', 'disputed', 'credited', 'upheld', 'offset', 'offset_reversed',
                         'written_off', 'write_off_reversed')),
    DROP CONSTRAINT invoice_event_amount,
    ADD CONSTRAINT invoice_event_amount
        CHECK (amount IS NULL OR event IN ('paid', 'refunded', 'offset', 'offset_reversed', 'written_off', 'write_off_reversed')),
    DROP CONSTRAINT invoice_event_refund,
    ADD CONSTRAINT invoice_event_has_amount CHECK (
        amount IS NOT NULL OR event NOT IN ('refunded', 'offset', 'offset_reversed', 'written_off', 'write_off_reversed')),
    ADD CONSTRAINT invoice_event_offset -- names the other document
        CHECK (event NOT IN ('offset', 'offset_reversed') OR by_invoice_id IS NOT NULL AND by_invoice_id <> invoice_id);

ALTER TABLE posting
    DROP CONSTRAINT posting_kind_check,
    ADD CONSTRAINT posting_kind_check
        CHECK (kind IN ('document', 'settlement', 'expiry', 'payment', 'payout', 'write_off'));
DROP INDEX posting_once;
CREATE UNIQUE INDEX posting_once ON posting (invoice_id, kind)
    WHERE invoice_id IS NOT NULL AND kind NOT IN ('payment', 'write_off');

-- The lot that hours came back from, and the movement of these hours: below zero there, above zero in the new lot.
ALTER TABLE prepaid_lot ADD COLUMN returned_from_id integer REFERENCES prepaid_lot;
ALTER TABLE prepaid_entry
    DROP CONSTRAINT prepaid_entry_reason_check,
    ADD CONSTRAINT prepaid_entry_reason_check CHECK (reason IN ('bought', 'spent', 'expired', 'returned'));
