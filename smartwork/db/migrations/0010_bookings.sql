-- Bookings come in from outside: their history, early release, Wi-Fi sessions, tokens of the API, and incremental verdicts.

-- A released desk is free from `released_at` on, while the booking itself stays as it was made.
ALTER TABLE booking
    ADD COLUMN released_at timestamptz,
    ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now(), -- when this version was written, and by whom
    ADD COLUMN recorded_by text NOT NULL DEFAULT coalesce(nullif(current_setting('smartwork.author', true), ''), 'smartwork'),
    ADD CONSTRAINT booking_released_within CHECK (released_at > starts_at AND released_at < ends_at),
    DROP CONSTRAINT booking_overlap,
    -- Deferrable, so that one import may let two bookings change places; checked at once everywhere else.
    ADD CONSTRAINT booking_overlap
        EXCLUDE USING gist (resource_id WITH =, tstzrange(starts_at, coalesce(released_at, ends_at)) WITH &&)
        WHERE (status = 'booked') DEFERRABLE INITIALLY IMMEDIATE;
CREATE INDEX booking_resource ON booking (resource_id, starts_at);
CREATE INDEX verdict_resource ON verdict (resource_id, starts_at);

-- What a booking was before it was changed, cancelled or released: one row for each version that another replaced.
CREATE TABLE booking_history (
    booking_id  bigint NOT NULL REFERENCES booking,
    version     integer NOT NULL CHECK (version > 0),
    resource_id integer NOT NULL REFERENCES resource,
    member_id   integer NOT NULL REFERENCES member,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    status      text NOT NULL,
    released_at timestamptz,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (booking_id, version)
);

CREATE FUNCTION keep_booking_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.resource_id, NEW.member_id, NEW.starts_at, NEW.ends_at, NEW.status, NEW.released_at)
        IS DISTINCT FROM (OLD.resource_id, OLD.member_id, OLD.starts_at, OLD.ends_at, OLD.status, OLD.released_at) THEN
        INSERT INTO booking_history
        SELECT OLD.booking_id, coalesce(max(h.version), 0) + 1, OLD.resource_id, OLD.member_id, OLD.starts_at, OLD.ends_at,
               OLD.status, OLD.released_at, OLD.recorded_at, OLD.recorded_by
        FROM booking_history h WHERE h.booking_id = OLD.booking_id;
        NEW.recorded_at := clock_timestamp();
        NEW.recorded_by := coalesce(nullif(current_setting('smartwork.author', true), ''), 'smartwork');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER booking_version BEFORE UPDATE ON booking FOR EACH ROW EXECUTE FUNCTION keep_booking_version();

CREATE FUNCTION refuse_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of bookings is kept: % on % refused', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER booking_history_is_kept BEFORE UPDATE OR DELETE ON booking_history
    FOR EACH ROW EXECUTE FUNCTION refuse_forgetting();

-- When a desk is freed, by centre, in minutes; NULL: never. A centre without a row has the default of the software.
CREATE TABLE release_policy (
    centre_id   smallint PRIMARY KEY REFERENCES centre,
    no_show_min smallint CHECK (no_show_min > 0), -- nobody came this long after the start
    left_min    smallint CHECK (left_min > 0)     -- nobody was there any more for this long
);

-- A desk that was freed. `said_at` is when it was published: a crash in between says it once more, never less.
CREATE TABLE release (
    release_id  bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    booking_id  bigint NOT NULL REFERENCES booking,
    reason      text NOT NULL CHECK (reason IN ('no_show', 'left_early')),
    released_at timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,             -- of the booking: the desk is free up to here
    said_at     timestamptz,
    taken_back_at timestamptz                     -- the member checked in after all, while the desk was still free
);
CREATE INDEX release_booking ON release (booking_id);
CREATE INDEX release_period ON release (released_at);
CREATE INDEX release_unsaid ON release (release_id) WHERE said_at IS NULL;

-- A device of a member in a centre's Wi-Fi, as RADIUS accounting tells it. It names a centre, not a desk.
CREATE TABLE wifi_session (
    centre_id   smallint NOT NULL REFERENCES centre,
    session     text NOT NULL,
    member_id   integer NOT NULL REFERENCES member,
    started_at  timestamptz NOT NULL,
    stopped_at  timestamptz,
    check_in_id bigint REFERENCES check_in,       -- of the one booking that the sign-in belongs to, where there is one
    PRIMARY KEY (centre_id, session),
    CHECK (stopped_at >= started_at)
);
CREATE INDEX wifi_session_member ON wifi_session (member_id, started_at);

-- Who may speak to the API. The token itself is nowhere: 256 random bits need no slow hash.
CREATE TABLE api_token (
    api_token_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name         text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,47}$'),
    digest       bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    company_id   integer REFERENCES company,      -- NULL: the network's own, sees everything
    scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0),
    created_at   timestamptz NOT NULL,
    revoked_at   timestamptz
);
CREATE UNIQUE INDEX api_token_name ON api_token (name) WHERE revoked_at IS NULL;

-- What bookings, check-ins and spans touched and verdicts do not know yet: a resource's local month is judged as one.
-- A run takes the marks first, in a short transaction of its own: whoever writes spans meanwhile leaves new ones beside
-- them and waits for nobody. What was taken and not finished is there for the next run.
CREATE TABLE stale_verdict (
    resource_id integer NOT NULL REFERENCES resource,
    month       date NOT NULL CHECK (extract(day FROM month) = 1),
    taken       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (month, taken, resource_id)
);

-- A day more on both sides: an overstay or a stay reaches over midnight, and so over the end of a month.
CREATE FUNCTION touched_months(since timestamptz, until timestamptz, timezone text) RETURNS SETOF date
LANGUAGE sql STABLE AS $$
    SELECT generate_series(date_trunc('month', (since - interval '1 day') AT TIME ZONE timezone),
                           date_trunc('month', (until + interval '1 day') AT TIME ZONE timezone), interval '1 month')::date
$$;

CREATE FUNCTION mark_stale_verdicts(resources integer[], sinces timestamptz[], untils timestamptz[]) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO stale_verdict (resource_id, month)
    SELECT DISTINCT t.resource_id, m.month
    FROM unnest(resources, sinces, untils) AS t (resource_id, since, until)
    JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
    CROSS JOIN LATERAL touched_months(t.since, t.until, c.timezone) AS m (month)
    WHERE r.kind <> 'recording'
    ORDER BY m.month, t.resource_id
    ON CONFLICT DO NOTHING
$$;

-- Statements, not rows, are watched: one look at all that a statement changed. Bookings and check-ins are few at a time
-- and short; of spans, which come by the thousand, the first start and last end of each resource are enough.
CREATE FUNCTION booking_touches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_stale_verdicts(array_agg(resource_id), array_agg(since), array_agg(until)) FROM (
        SELECT resource_id, date_trunc('day', starts_at) AS since, date_trunc('day', max(ends_at)) AS until
        FROM changed GROUP BY 1, 2
    ) AS t;
    RETURN NULL;
END $$;
CREATE FUNCTION check_in_touches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_stale_verdicts(array_agg(resource_id), array_agg(at), array_agg(at)) FROM (
        SELECT DISTINCT resource_id, date_trunc('day', at) AS at FROM changed
    ) AS t;
    RETURN NULL;
END $$;
CREATE FUNCTION span_touches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_stale_verdicts(array_agg(resource_id), array_agg(since), array_agg(until)) FROM (
        SELECT resource_id, min(starts_at) AS since, max(ends_at) AS until FROM changed GROUP BY resource_id
    ) AS t;
    RETURN NULL;
END $$;
-- That reconciliation itself marks a span as suspect touches nothing.
CREATE FUNCTION span_update_touches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_stale_verdicts(array_agg(resource_id), array_agg(since), array_agg(until)) FROM (
        SELECT o.resource_id, min(o.starts_at) AS since, max(greatest(o.ends_at, n.ends_at)) AS until
        FROM before o JOIN changed n USING (resource_id, starts_at)
        WHERE (o.ends_at, o.state) IS DISTINCT FROM (n.ends_at, n.state) GROUP BY o.resource_id
    ) AS t;
    RETURN NULL;
END $$;

CREATE TRIGGER booking_new AFTER INSERT ON booking REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION booking_touches();
CREATE TRIGGER booking_after AFTER UPDATE ON booking REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION booking_touches();
CREATE TRIGGER booking_before AFTER UPDATE ON booking REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION booking_touches();
CREATE TRIGGER check_in_new AFTER INSERT ON check_in REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION check_in_touches();
CREATE TRIGGER span_new AFTER INSERT ON span REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION span_touches();
CREATE TRIGGER span_gone AFTER DELETE ON span REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION span_touches();
CREATE TRIGGER span_changed AFTER UPDATE ON span REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION span_update_touches();

-- What is there already was never marked.
SELECT mark_stale_verdicts(array_agg(resource_id), array_agg(since), array_agg(until)) FROM (
    SELECT resource_id, date_trunc('day', starts_at) AS since, date_trunc('day', max(ends_at)) AS until FROM booking GROUP BY 1, 2
    UNION ALL SELECT resource_id, min(starts_at), max(ends_at) FROM span GROUP BY resource_id
) AS t;
