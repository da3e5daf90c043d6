-- What may change a booking, and when: the operator's reason, the contract's terms of cancellation, and late cancellations.

-- A booking that has begun is changed by the operator only, with a reason; it is stored with the version that it made.
-- `cancelled_late_at` is when a booking was cancelled after the contract's deadline: then its cancellation is charged.
ALTER TABLE booking
    ADD COLUMN reason text DEFAULT nullif(current_setting('smartwork.reason', true), ''),
    ADD COLUMN cancelled_late_at timestamptz,
    ADD CONSTRAINT booking_cancelled_late
        CHECK (cancelled_late_at IS NULL OR (cancelled_late_at < starts_at AND status = 'cancelled'));
ALTER TABLE booking_history
    ADD COLUMN reason text,
    ADD COLUMN cancelled_late_at timestamptz;

CREATE OR REPLACE FUNCTION keep_booking_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.resource_id, NEW.member_id, NEW.starts_at, NEW.ends_at, NEW.status, NEW.released_at, NEW.cancelled_late_at)
        IS DISTINCT FROM (OLD.resource_id, OLD.member_id, OLD.starts_at, OLD.ends_at, OLD.status, OLD.released_at,
                          OLD.cancelled_late_at) THEN
        INSERT INTO booking_history (booking_id, version, resource_id, member_id, starts_at, ends_at, status,
                                            released_at, recorded_at, recorded_by, reason, cancelled_late_at)
        SELECT OLD.booking_id, coalesce(max(h.version), 0) + 1, OLD.resource_id, OLD.member_id, OLD.starts_at, OLD.ends_at,
               OLD.status, OLD.released_at, OLD.recorded_at, OLD.recorded_by, OLD.reason, OLD.cancelled_late_at
        FROM booking_history h WHERE h.booking_id = OLD.booking_id;
        NEW.recorded_at := clock_timestamp();
        NEW.recorded_by := coalesce(nullif(current_setting('smartwork.author', true), ''), 'smartwork');
        NEW.reason := nullif(current_setting('smartwork.reason', true), '');
    END IF;
    RETURN NEW;
END $$;

-- Up to `cancellation_hours` before its start a booking is cancelled free of charge; later the fee is charged where there is
-- one, otherwise the share of the booked price. Without terms a booking is cancelled free of charge up to its start.
ALTER TABLE contract
    ADD COLUMN cancellation_hours integer CHECK (cancellation_hours > 0),
    ADD COLUMN cancellation_share numeric(4, 3) CHECK (cancellation_share BETWEEN 0 AND 1),
    ADD COLUMN cancellation_fee numeric(12, 2) CHECK (cancellation_fee >= 0),
    ADD CONSTRAINT contract_cancellation
        CHECK ((cancellation_hours IS NULL) = (cancellation_share IS NULL AND cancellation_fee IS NULL));

ALTER TABLE verdict
    ADD COLUMN cancelled_at timestamptz, -- of a cancellation that is charged
    DROP CONSTRAINT verdict_verdict_check,
    ADD CONSTRAINT verdict_verdict_check CHECK (verdict IN
        ('used', 'left_early', 'overstayed', 'no_show', 'walk_in', 'unverifiable', 'cancelled', 'cancelled_late')),
    ADD CONSTRAINT verdict_cancelled_late CHECK ((verdict = 'cancelled_late') = (cancelled_at IS NOT NULL));
