-- name: record_changes
-- From here to the end of the transaction, changes of the recorded tables are recorded in the books.
SELECT set_config('smartwork.recording', 'on', true)

-- name: record_no_changes
-- Rows that wait to be recorded would keep a migration from changing their table; what it changed is recorded at its end.
SELECT set_config('smartwork.recording', 'off', true)

-- name: plain_texts
-- The texts of instants, bytes and fractions do not depend on the settings of the session, as where entries are made.
SELECT set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true), set_config('intervalstyle', 'iso_8601', true),
       set_config('bytea_output', 'hex', true), set_config('extra_float_digits', '1', true)

-- name: primary_keys
SELECT t.name, array_agg(a.attname::text ORDER BY k.place)
FROM unnest(%(tables)s::text[]) WITH ORDINALITY AS t (name, place)
JOIN pg_index i ON i.indrelid = to_regclass(t.name) AND i.indisprimary
CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
GROUP BY t.name, t.place ORDER BY t.place

-- name: kept_tables
-- A table that somebody took the trigger from has entries.
SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'is_recorded' AND NOT tgisinternal
UNION SELECT DISTINCT kind FROM book_entry WHERE to_regclass(kind) IS NOT NULL ORDER BY 1

-- name: tables_with_another_key
-- Tables whose primary key is no longer the one under which their rows are recorded.
SELECT t.tgrelid::regclass::text FROM pg_trigger t
WHERE t.tgname = 'is_recorded' AND NOT t.tgisinternal AND t.tgargs IS DISTINCT FROM (
    SELECT string_agg(convert_to(a.attname::text, 'UTF8') || '\x00'::bytea, ''::bytea ORDER BY k.place)
    FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = t.tgrelid AND i.indisprimary)

-- name: keep_tables
SELECT keep_in_books(to_regclass(t.name)) FROM unnest(%(tables)s::text[]) AS t (name)
WHERE to_regclass(t.name) IS NOT NULL
  AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'is_recorded' AND tgrelid = to_regclass(t.name))

-- name: has_book_entries
SELECT to_regclass('book_entry') IS NOT NULL

-- name: newest_head
SELECT number, head FROM book_entry ORDER BY number DESC LIMIT 1

-- name: recorded_at
SELECT recorded_at FROM book_entry WHERE number = %(number)s
