-- Evidence that comes late: when a company's check-in arrived, and verdicts that were replaced once their evidence had closed.

-- A company's check-in counts against a no-show only if it arrived before the booking ended.
ALTER TABLE check_in ADD COLUMN recorded_at timestamptz; -- NULL: of the network's own clients, or of an earlier version

CREATE TABLE verdict_history (
    verdict_history_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    replaced_at   timestamptz NOT NULL,
    resource_id   integer NOT NULL REFERENCES resource,
    booking_id    bigint REFERENCES booking,
    check_in_id   bigint REFERENCES check_in,
    company_id    integer NOT NULL REFERENCES company,
    verdict       text NOT NULL,
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL,
    reassigned_at timestamptz,
    cancelled_at  timestamptz,
    first_seen    timestamptz,
    last_seen     timestamptz,
    booked_s      integer NOT NULL,
    occupied_s    integer NOT NULL,
    vacant_s      integer NOT NULL,
    unknown_s     integer NOT NULL,
    over_s        integer NOT NULL
);
CREATE INDEX verdict_history_booking ON verdict_history (booking_id);
CREATE INDEX verdict_history_check_in ON verdict_history (check_in_id);

CREATE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of verdicts is kept: % on % refused', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER verdict_history_is_kept BEFORE UPDATE OR DELETE ON verdict_history
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_history();
