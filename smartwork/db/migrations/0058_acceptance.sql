-- Self-billing needs an agreement with each centre, and each document its acceptance.

-- The agreement on self-billing with the payee of a centre contract. NULL: none is signed, so no document is issued.
ALTER TABLE centre_contract
    ADD COLUMN self_billing_version     text,
    ADD COLUMN self_billing_signed_on   date,
    ADD COLUMN self_billing_signed_by   text,
    ADD COLUMN self_billing_valid_until date,    -- not included; NULL: unlimited
    ADD COLUMN silent_after_days        integer CHECK (silent_after_days > 0), -- NULL: silence is no acceptance
    ADD CONSTRAINT centre_contract_self_billing CHECK (
        (self_billing_version IS NULL) = (self_billing_signed_on IS NULL)
        AND (self_billing_version IS NULL) = (self_billing_signed_by IS NULL)
        AND (self_billing_version IS NOT NULL OR (self_billing_valid_until IS NULL AND silent_after_days IS NULL)));

-- By which agreement a self-billed document was issued. Documents of earlier versions have no row and count as accepted.
CREATE TABLE acceptance_terms (
    invoice_id bigint PRIMARY KEY REFERENCES invoice,
    version    text NOT NULL,
    signed_on  date NOT NULL,
    signed_by  text NOT NULL,
    silent_on  date -- the day from which silence is acceptance; NULL: never
);

CREATE TABLE acceptance_event (
    acceptance_event_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    invoice_id  bigint NOT NULL REFERENCES invoice,
    event       text NOT NULL CHECK (event IN ('accepted', 'refused')),
    happened_on date NOT NULL,
    recorded_at timestamptz NOT NULL,
    note        text NOT NULL, -- of a refusal, its reason
    recorded_by text DEFAULT coalesce(nullif(current_setting('smartwork.author', true), ''), 'smartwork'),
    CHECK (event = 'accepted' OR note <> '')
);
CREATE INDEX acceptance_event_invoice ON acceptance_event (invoice_id);

-- A refused document that another one takes back in full: what it settled is settled again.
CREATE TABLE settlement_cancellation (
    settlement_id bigint PRIMARY KEY REFERENCES posting, -- of the refused document
    invoice_id    bigint NOT NULL UNIQUE REFERENCES invoice,
    cancelled_by  bigint NOT NULL UNIQUE REFERENCES invoice
);
ALTER TABLE settlement_item
    DROP CONSTRAINT settlement_item_pkey,
    ADD CONSTRAINT settlement_item_pkey PRIMARY KEY (posting_id, centre_id, settlement_id);
ALTER TABLE settled_terms ADD COLUMN settlement_id bigint REFERENCES posting; -- NULL: stored by an earlier version

DO $$
DECLARE
    final text;
BEGIN
    FOREACH final IN ARRAY ARRAY['acceptance_terms', 'acceptance_event', 'settlement_cancellation'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
                       final || '_is_final', final);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       final || '_stays', final);
    END LOOP;
END $$;
