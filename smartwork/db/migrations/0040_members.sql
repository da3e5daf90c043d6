-- A member who leaves is closed, not deleted: bookings, visits and documents name the pseudonym. From `closed_at` on the member
-- books nothing and checks in nowhere.
ALTER TABLE member ADD COLUMN closed_at timestamptz;

-- The text in the QR code on a place. It is random, so that nobody can open the page of a place without having stood there; a
-- new code makes the old one invalid.
CREATE TABLE place_code (
    resource_id integer PRIMARY KEY REFERENCES resource,
    code        text NOT NULL UNIQUE CHECK (code ~ '^[A-Za-z0-9_-]{16,64}$'),
    created_at  timestamptz NOT NULL
);

-- How a member identifies on the page of a place: a personal link, which can be used once, gives the browser a key of its own.
-- Only digests are stored, as of API tokens.
CREATE TABLE member_sign_in (
    digest     bytea PRIMARY KEY CHECK (length(digest) = 32),
    member_id  integer NOT NULL REFERENCES member,
    kind       text NOT NULL CHECK (kind IN ('link', 'browser')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK (expires_at > created_at)
);
CREATE INDEX member_sign_in_member ON member_sign_in (member_id);
