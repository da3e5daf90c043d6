-- Fields that devices send and their gateway does not understand, as the gateway counts them. Each report of a gateway
-- replaces its rows. A device is named by its slug: a gateway may name one that has just left the registry.
CREATE TABLE field_not_understood (
    centre_id   smallint NOT NULL REFERENCES centre,
    edge        text NOT NULL,
    device      text NOT NULL,
    field       text NOT NULL,
    count       bigint NOT NULL CHECK (count > 0),
    since       timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    sample      text NOT NULL,
    reason      text NOT NULL,
    reported_at timestamptz NOT NULL,
    PRIMARY KEY (centre_id, edge, device, field)
);
