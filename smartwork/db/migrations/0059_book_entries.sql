-- A hash chain over the books: every row that is added to a table of the books, changed or removed is recorded by an entry,
-- and the head of an entry is the SHA-256 of the head before it and of the entry. So a change that is not recorded is found,
-- and nothing that is recorded can be changed, left out or put in between without changing every later head.
--
-- `content` is the SHA-256 of the row as canonical JSON: its columns that are not NULL, as text, in the order of their names.
-- A column that is added later is part of it without a change here, and is absent from the content of rows that lack it.
-- The rule is stated twice: here, where entries are made, and in smartwork/domain/audit/book_chain.py, which verifies them.

CREATE TABLE book_entry (
    number      bigint PRIMARY KEY CHECK (number > 0), -- without gaps
    recorded_at timestamptz NOT NULL,
    kind        text NOT NULL,                         -- the table
    key         text NOT NULL,                         -- its primary key, columns separated by a slash
    action      text NOT NULL CHECK (action IN ('added', 'changed', 'removed', 'found')), -- found: by a migration
    content     bytea CHECK (length(content) = 32),    -- NULL: the row was removed
    head        bytea NOT NULL CHECK (length(head) = 32),
    CHECK ((content IS NULL) = (action = 'removed'))
);
CREATE INDEX book_entry_row ON book_entry (kind, key, number);
CREATE TRIGGER book_entry_is_final BEFORE UPDATE OR DELETE ON book_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER book_entry_stays BEFORE TRUNCATE ON book_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION book_content(fields jsonb) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to('{' || string_agg(to_json(f.key)::text || ':' || to_json(f.value)::text, ','
                                               ORDER BY f.key COLLATE "C") || '}', 'UTF8'))
    FROM jsonb_each_text(fields) f WHERE f.value IS NOT NULL
$$;

-- The lock is held to the end of the transaction: entries have no gaps, and each is made after the one before it is committed.
CREATE FUNCTION append_book_entry(kind text, key text, action text, content bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    earlier book_entry;
    coming  bigint;
    at      timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(7304206);
    SELECT * INTO earlier FROM book_entry e ORDER BY e.number DESC LIMIT 1;
    coming := coalesce(earlier.number, 0) + 1;
    at := clock_timestamp();
    INSERT INTO book_entry VALUES (coming, at, kind, key, action, content, sha256(
        coalesce(earlier.head, decode(repeat('00', 32), 'hex')) || convert_to(
            '{"action":' || to_json(action)::text || ',"content":' || coalesce(to_json(encode(content, 'hex'))::text, 'null')
            || ',"key":' || to_json(key)::text || ',"kind":' || to_json(kind)::text || ',"number":' || coming
            || ',"recorded_at":' || to_json(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text || '}',
            'UTF8')));
END $$;

-- Runs at the end of the transaction, after every other lock was taken, so that it cannot be part of a deadlock.
CREATE FUNCTION record_in_books() RETURNS trigger LANGUAGE plpgsql
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'iso_8601' SET bytea_output = 'hex' SET extra_float_digits = 1
AS $$
DECLARE
    fields jsonb := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    before jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) END;
    key    text := (SELECT string_agg(fields ->> k.name, '/' ORDER BY k.place)
                    FROM unnest(TG_ARGV) WITH ORDINALITY AS k (name, place));
    was    text := (SELECT string_agg(before ->> k.name, '/' ORDER BY k.place)
                    FROM unnest(TG_ARGV) WITH ORDINALITY AS k (name, place));
BEGIN
    IF was <> key THEN
        PERFORM append_book_entry(TG_TABLE_NAME, was, 'removed', NULL);
    END IF;
    IF TG_OP = 'DELETE' THEN
        PERFORM append_book_entry(TG_TABLE_NAME, key, 'removed', NULL);
    ELSIF was IS DISTINCT FROM key THEN
        PERFORM append_book_entry(TG_TABLE_NAME, key, 'added', book_content(fields));
    ELSIF book_content(fields) <> book_content(before) THEN
        PERFORM append_book_entry(TG_TABLE_NAME, key, 'changed', book_content(fields));
    END IF;
    RETURN NULL;
END $$;

-- Record what transactions with smartwork.recording = on do to a table. `smartwork migrate` records the rows that it has, once
-- the table is in RECORDED_TABLES (smartwork/db/core/book_entries.py).
CREATE FUNCTION keep_in_books(relation regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    columns text := (SELECT string_agg(quote_literal(a.attname), ', ' ORDER BY k.place)
                     FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                     WHERE i.indrelid = relation AND i.indisprimary);
BEGIN
    EXECUTE format('CREATE CONSTRAINT TRIGGER is_recorded AFTER INSERT OR UPDATE OR DELETE ON %s DEFERRABLE INITIALLY DEFERRED '
                   'FOR EACH ROW WHEN (current_setting(''smartwork.recording'', true) = ''on'') '
                   'EXECUTE FUNCTION record_in_books(%s)', relation, columns);
END $$;

SELECT keep_in_books(name::regclass)
FROM unnest(ARRAY['invoice', 'invoice_event', 'centre_statement', 'prepaid_lot', 'prepaid_entry', 'account', 'posting', 'entry',
                  'settlement_item', 'settled_terms', 'payout_order', 'payout', 'billed_month', 'agreement_version', 'seller',
                  'company', 'tariff', 'contract', 'centre_contract', 'prepaid_pool']) AS name;
