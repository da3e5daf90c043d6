-- Hours bought ahead are prepaid hours, not credits: a credit is a credit note. What documents charge of a place is billed
-- occupancy. What a month was billed by stands in named columns with the version of their format.

ALTER TABLE contract RENAME COLUMN give_back TO early_leave_refund;

ALTER TABLE credit_pool RENAME TO prepaid_pool;
ALTER TABLE credit_lot RENAME TO prepaid_lot;
ALTER TABLE prepaid_lot RENAME COLUMN credit_lot_id TO prepaid_lot_id;
ALTER TABLE credit_entry RENAME TO prepaid_entry;
ALTER TABLE prepaid_entry RENAME COLUMN credit_entry_id TO prepaid_entry_id;
ALTER TABLE prepaid_entry RENAME COLUMN credit_lot_id TO prepaid_lot_id;
ALTER TABLE prepaid_entry RENAME COLUMN worth TO value; -- EUR net
ALTER INDEX credit_entry_lot RENAME TO prepaid_entry_lot;
ALTER TRIGGER credit_entry_is_final ON prepaid_entry RENAME TO prepaid_entry_is_final;
ALTER TRIGGER credit_entry_stays ON prepaid_entry RENAME TO prepaid_entry_stays;
ALTER SEQUENCE credit_lot_credit_lot_id_seq RENAME TO prepaid_lot_prepaid_lot_id_seq;
ALTER SEQUENCE credit_entry_credit_entry_id_seq RENAME TO prepaid_entry_prepaid_entry_id_seq;

ALTER TABLE billed_stay RENAME TO billed_occupancy;
ALTER TABLE billed_occupancy RENAME COLUMN held TO period;

-- Error texts name constraints: they follow their table.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT conrelid::regclass AS relation, conname AS old,
               replace(replace(regexp_replace(conname, '^credit_(pool|lot|entry)', 'prepaid_\1'),
                               'credit_lot_id', 'prepaid_lot_id'), 'billed_stay', 'billed_occupancy') AS new
        FROM pg_constraint
        WHERE conrelid IN ('prepaid_pool'::regclass, 'prepaid_lot'::regclass, 'prepaid_entry'::regclass,
                           'billed_occupancy'::regclass)
    LOOP
        IF found.new <> found.old THEN
            EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', found.relation, found.old, found.new);
        END IF;
    END LOOP;
END $$;

-- What a company's month was billed by: digests of its verdicts, of the contracts and of the tariffs on its days; NULL
-- where it had no verdict. Version 1 was one text with blanks in between. Its digests are not comparable with those of
-- version 2, so the next run rates such a month again and then keeps version 2.
ALTER TABLE billed_month
    ADD COLUMN digest_version smallint NOT NULL DEFAULT 1,
    ADD COLUMN verdicts_digest text,
    ADD COLUMN contracts_digest text,
    ADD COLUMN tariffs_digest text;
UPDATE billed_month
SET verdicts_digest = nullif(split_part(digest, ' ', 1), ''),
    contracts_digest = nullif(split_part(digest, ' ', 2), ''),
    tariffs_digest = nullif(split_part(digest, ' ', 3), ''),
    digest_version = CASE digest WHEN '' THEN 2 ELSE 1 END;
ALTER TABLE billed_month
    ALTER COLUMN digest_version DROP DEFAULT,
    DROP COLUMN digest,
    ADD CONSTRAINT billed_month_digests
        CHECK (digest_version = 1 OR num_nulls(verdicts_digest, contracts_digest, tariffs_digest) IN (0, 3));

-- Which version of the file's format a kept version of the agreements was written in.
ALTER TABLE agreement_version ADD COLUMN format_version smallint NOT NULL DEFAULT 1;
ALTER TABLE agreement_version ALTER COLUMN format_version DROP DEFAULT;
