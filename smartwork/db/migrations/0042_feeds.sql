-- Calendars that are polled over HTTP. The address with its token is in a table of its own, which only the worker may read.
CREATE TABLE booking_feed (
    feed_id         integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name            text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,47}$'),
    centre_id       smallint REFERENCES centre,
    resource_id     integer REFERENCES resource CHECK (resource_id IS NULL OR centre_id IS NOT NULL),
    server          text NOT NULL,
    interval_s      integer NOT NULL CHECK (interval_s BETWEEN 300 AND 86400),
    is_trusted      boolean NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL,
    next_poll_at    timestamptz NOT NULL,
    etag            text,
    last_modified   text,
    full_at         timestamptz,
    last_success_at timestamptz,
    last_change_at  timestamptz,
    failures        integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failing_since   timestamptz CHECK ((failing_since IS NULL) = (failures = 0)),
    fault           text,
    refused         integer NOT NULL DEFAULT 0,
    doubted         integer NOT NULL DEFAULT 0
);
COMMENT ON COLUMN booking_feed.server IS 'what may be shown of the address: scheme, host and port';
COMMENT ON COLUMN booking_feed.full_at IS 'when the calendar was last imported whole; until then it is asked for only if it changed';
COMMENT ON COLUMN booking_feed.doubted IS 'future bookings whose events are missing and that are not cancelled yet';

CREATE TABLE feed_secret (
    feed_id integer PRIMARY KEY REFERENCES booking_feed ON DELETE CASCADE,
    url     text NOT NULL,
    header  text
);

-- Events that have left their feed, and since when. Which bookings they have is in calendar_booking.
CREATE TABLE feed_missing_event (
    feed_id           integer NOT NULL REFERENCES booking_feed ON DELETE CASCADE,
    calendar_event_id bigint NOT NULL REFERENCES calendar_event ON DELETE CASCADE,
    missing_since     timestamptz NOT NULL,
    PRIMARY KEY (feed_id, calendar_event_id)
);
