-- A row that something else than smartwork has altered is not recorded as smartwork's work when smartwork changes another column
-- of it: an entry `altered` records what it was found to be, and the audit names it from then on.
ALTER TABLE book_entry
    DROP CONSTRAINT book_entry_action_check,
    ADD CONSTRAINT book_entry_action_check CHECK (action IN ('added', 'changed', 'removed', 'found', 'altered'));

CREATE OR REPLACE FUNCTION record_in_books() RETURNS trigger LANGUAGE plpgsql
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
    IF TG_OP = 'UPDATE' AND book_content(before) IS DISTINCT FROM (
        SELECT e.content FROM book_entry e WHERE (e.kind, e.key) = (TG_TABLE_NAME, was) ORDER BY e.number DESC LIMIT 1
    ) THEN
        PERFORM append_book_entry(TG_TABLE_NAME, was, 'altered', book_content(before));
    END IF;
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
