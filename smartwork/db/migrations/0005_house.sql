-- What an edge says of its house, what a device is for, and how each zone is lit.

ALTER TABLE device
    ADD COLUMN model text,
    ADD COLUMN role  text NOT NULL DEFAULT 'presence' CHECK (role IN ('presence', 'ambient', 'light', 'meter', 'switch'));
-- Until now a device of a zone was its light or its air: the demo's names tell which.
UPDATE device SET role = CASE WHEN slug LIKE '%-light' THEN 'light' ELSE 'ambient' END
WHERE resource_id IS NULL AND zone_id IS NOT NULL;

-- Every setting that ever held; the newest version is in force, an undo is a new version that repeats an older one.
CREATE TABLE zone_light (
    zone_id  integer NOT NULL REFERENCES zone,
    version  integer NOT NULL CHECK (version > 0),
    settings jsonb NOT NULL,              -- of the wire's ZoneLight, without the zone's name
    set_at   timestamptz NOT NULL,
    PRIMARY KEY (zone_id, version)
);

-- Alarms as their edge says them: all that is wrong, each time as a whole.
CREATE TABLE alarm (
    alarm_id   bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    centre_id  smallint NOT NULL REFERENCES centre,
    edge       text NOT NULL,
    kind       text NOT NULL,
    device     text NOT NULL,             -- '' where it is the gateway's own
    since      timestamptz NOT NULL,
    says       text NOT NULL,
    ended_at   timestamptz,
    CHECK (ended_at IS NULL OR ended_at >= since)
);
CREATE UNIQUE INDEX alarm_standing ON alarm (centre_id, edge, kind, device) WHERE ended_at IS NULL;

-- Devices that were heard and are in no registry, as their edge saw them last.
CREATE TABLE seen_device (
    centre_id smallint NOT NULL REFERENCES centre,
    profile   text NOT NULL,
    address   text NOT NULL,
    topic     text NOT NULL,
    last_at   timestamptz NOT NULL,
    PRIMARY KEY (centre_id, profile, address)
);
