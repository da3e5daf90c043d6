-- What is derived is written by the thousand, and PostgreSQL looked each row's device or desk up once more: a third of the
-- time that ingest spent in the database at 2,000 centres. Their numbers come out of the registry in the same transaction,
-- and no row ever leaves the registry; `reading` itself has no such reference either.
ALTER TABLE latest DROP CONSTRAINT latest_device_id_fkey;
ALTER TABLE stale_span DROP CONSTRAINT stale_span_device_id_fkey;
ALTER TABLE span DROP CONSTRAINT span_resource_id_fkey;

-- Room on each page for the next value, so that an update need not touch the index.
ALTER TABLE latest SET (fillfactor = 60);
