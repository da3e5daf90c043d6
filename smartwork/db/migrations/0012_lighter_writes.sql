-- What ingest writes for each batch and each sensor beside the readings themselves, made as little as it can be.

-- Runs of numbers may not overlap. Whoever stores batches locks their outboxes first, in order, and looks at the one run
-- that could be in the way (query record_batches); an index over ranges cost three quarters of the time of a batch. That
-- the outbox exists is seen by the lock. `smartwork ledger` would show numbers that are stored twice.
ALTER TABLE batch DROP CONSTRAINT batch_outbox_id_int8range_excl;
ALTER TABLE batch DROP CONSTRAINT batch_outbox_id_fkey;
ALTER TABLE batch ADD PRIMARY KEY (outbox_id, first);

-- The newest value of a device stands in `reading`, one step down its index: kept beside it, it was written anew for every
-- batch, at the price of a reading each time.
DROP TABLE latest;

-- Derived like the spans that it comes from, whose references migration 0008 dropped: the same half of the price.
ALTER TABLE stale_verdict DROP CONSTRAINT stale_verdict_resource_id_fkey;

-- Since when a sensor waits for its spans, and when it was touched last: while it speaks without a pause it is left alone.
ALTER TABLE stale_span
    ADD COLUMN first_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN last_at  timestamptz NOT NULL DEFAULT now();
