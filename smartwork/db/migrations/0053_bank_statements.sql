-- Statements of the network's bank accounts, the movements that they list, and what is decided about each. Nothing is changed:
-- a decision that is taken back is a row with the negated amount.
CREATE TABLE bank_statement (
    bank_statement_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    iban           text NOT NULL,
    format         text NOT NULL CHECK (format IN ('coda', 'camt.053')),
    number         text NOT NULL,
    opening        numeric(14, 2) NOT NULL,
    opening_on     date NOT NULL,
    closing        numeric(14, 2) NOT NULL,
    closing_on     date NOT NULL,
    content_digest bytea NOT NULL CHECK (length(content_digest) = 32), -- of what the statement lists
    file_name      text NOT NULL,
    file_digest    bytea NOT NULL CHECK (length(file_digest) = 32),
    imported_at    timestamptz NOT NULL,
    recorded_by    text DEFAULT coalesce(nullif(current_setting('smartwork.author', true), ''), 'smartwork'),
    UNIQUE (iban, content_digest)
);

-- A movement, as the first statement that lists it has it. EUR; above zero where money came in.
CREATE TABLE bank_entry (
    bank_entry_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    iban       text NOT NULL,
    booked_on  date NOT NULL,
    amount     numeric(14, 2) NOT NULL CHECK (amount <> 0),
    facts      jsonb NOT NULL,
    posting_id bigint NOT NULL REFERENCES posting
);
CREATE INDEX bank_entry_day ON bank_entry (iban, booked_on);

-- Which statements list a movement, where, and under which reference of the bank.
CREATE TABLE bank_entry_source (
    bank_statement_id integer NOT NULL REFERENCES bank_statement,
    position       text NOT NULL,
    bank_entry_id  bigint NOT NULL REFERENCES bank_entry,
    bank_reference text NOT NULL,
    batch          text NOT NULL,
    PRIMARY KEY (bank_statement_id, position, bank_entry_id)
);
CREATE INDEX bank_entry_source_entry ON bank_entry_source (bank_entry_id);

CREATE TABLE bank_allocation (
    bank_allocation_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    bank_entry_id bigint NOT NULL REFERENCES bank_entry,
    recorded_at   timestamptz NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('document', 'recorded', 'payout', 'refused', 'entry', 'elsewhere')),
    target        text NOT NULL,          -- the number of a document, the reference of a payout, the key of an entry
    amount        numeric(14, 2) NOT NULL CHECK (amount <> 0),
    by_rule       boolean NOT NULL,
    reason        text NOT NULL DEFAULT '',
    posting_id    bigint REFERENCES posting,
    last_event_id bigint NOT NULL,        -- the newest event of any document then: what came later is known to have come later
    recorded_by   text DEFAULT coalesce(nullif(current_setting('smartwork.author', true), ''), 'smartwork'),
    CHECK ((posting_id IS NULL) = (kind = 'entry'))
);
CREATE INDEX bank_allocation_entry ON bank_allocation (bank_entry_id);

ALTER TABLE posting
    DROP CONSTRAINT posting_kind_check,
    ADD CONSTRAINT posting_kind_check
        CHECK (kind IN ('document', 'settlement', 'expiry', 'payment', 'payout', 'write_off', 'bank'));

DO $$
DECLARE
    final text;
BEGIN
    FOREACH final IN ARRAY ARRAY['bank_statement', 'bank_entry', 'bank_entry_source', 'bank_allocation'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
                       final || '_is_final', final);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       final || '_stays', final);
    END LOOP;
END $$;
