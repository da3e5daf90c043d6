-- Two gateways on copies of one outbox, an older copy put back, and reports that cannot be true: what the server must know
-- to notice each of them.

-- `last` and `in_outbox` come from the newest ledger report or hello. An outbox that said hello is told what was refused.
-- After `closed_after` no new batch of the epoch is stored: higher numbers may have been given by another copy of the file.
ALTER TABLE outbox
    ADD COLUMN last         bigint NOT NULL DEFAULT 0,
    ADD COLUMN in_outbox    bigint NOT NULL DEFAULT 0,
    ADD COLUMN reported_at  timestamptz, -- arrival of the newest ledger report
    ADD COLUMN said_hello   boolean NOT NULL DEFAULT false,
    ADD COLUMN accepted_for text,        -- the gateway process that was accepted with this epoch
    ADD COLUMN closed_after bigint;
UPDATE outbox o SET last = d.last, in_outbox = d.in_outbox, reported_at = d.reported_at
FROM (SELECT outbox_id, least(sum(numbered), 9000000000000000000)::bigint AS last,
             least(sum(in_outbox), 9000000000000000000)::bigint AS in_outbox, max(reported_at) AS reported_at
      FROM edge_day WHERE numbered <= 900000000 GROUP BY outbox_id) AS d WHERE d.outbox_id = o.outbox_id;

-- The gateway process that may forward readings under a name: see smartwork/domain/ledger/gateway_lease.py.
CREATE TABLE gateway_lease (
    centre_id     smallint NOT NULL REFERENCES centre,
    edge          text NOT NULL,
    instance      text NOT NULL,
    seen_at       timestamptz NOT NULL,
    ended         boolean NOT NULL DEFAULT false,
    challenger    text,
    challenged_at timestamptz,
    refused_at    timestamptz,
    PRIMARY KEY (centre_id, edge)
);

-- Edges whose ledger reports seem to come from a clock behind the server's, and since when.
CREATE TABLE edge_clock (
    centre_id    smallint NOT NULL REFERENCES centre,
    edge         text NOT NULL,
    behind_since timestamptz NOT NULL,
    PRIMARY KEY (centre_id, edge)
);

-- A batch before which numbers were not stored when it was. Few batches are; whether the numbers came later is looked up.
ALTER TABLE batch ADD COLUMN follows_gap boolean NOT NULL DEFAULT false;
UPDATE batch b SET follows_gap = true
FROM (SELECT outbox_id, first, coalesce(lag(last) OVER (PARTITION BY outbox_id ORDER BY first), 0) + 1 AS expected FROM batch) AS g
WHERE g.outbox_id = b.outbox_id AND g.first = b.first AND g.expected < b.first;
CREATE INDEX batch_follows_gap ON batch (outbox_id, first) WHERE follows_gap;

-- A refused batch is kept once, however often its gateway sends it.
CREATE INDEX rejected_batch ON rejected (outbox_id, md5(payload)) WHERE n IS NULL AND outbox_id IS NOT NULL;

-- The numbers before a stored batch that are in no stored batch, with the local day to which they are counted: the day of
-- the batch after them, or of the batch before them if that day's report leaves room for them.
CREATE VIEW ledger_gap AS
SELECT o.centre_id, b.outbox_id, o.edge, o.epoch, coalesce(before.last, 0) + 1 AS first, b.first - 1 AS last,
       CASE WHEN before.day <> b.day AND (
           SELECT d.numbered FROM edge_day d WHERE d.outbox_id = b.outbox_id AND d.day = before.day
       ) - (
           SELECT sum(s.stored + s.rejected) FROM batch s WHERE s.outbox_id = b.outbox_id AND s.day = before.day
       ) >= b.first - 1 - before.last THEN before.day ELSE b.day END AS day
FROM batch b JOIN outbox o USING (outbox_id)
LEFT JOIN LATERAL (
    SELECT p.last, p.day FROM batch p WHERE p.outbox_id = b.outbox_id AND p.first < b.first ORDER BY p.first DESC LIMIT 1
) AS before ON true
WHERE b.follows_gap AND coalesce(before.last, 0) + 1 < b.first;

-- The ledger by centre and local day. Sums are numeric and figures of reports bounded, so that no report can stop the view.
-- Numbers in a gap are missing, whatever the report says: batches are sent in the order of their numbers.
CREATE OR REPLACE VIEW ledger_day AS
SELECT centre_id, day, sum(numbered)::bigint AS numbered, sum(stored)::bigint AS stored, sum(rejected)::bigint AS rejected,
       sum(duplicates)::bigint AS duplicates, sum(in_outbox)::bigint AS in_outbox,
       sum(numbered - stored - rejected - in_outbox)::bigint AS missing
FROM (
    SELECT centre_id, outbox_id, day, stored, rejected, duplicates, numbered,
           least(reported, numbered - stored - rejected - gap) AS in_outbox
    FROM (
        SELECT o.centre_id, o.outbox_id, b.day, sum(b.stored) AS stored, sum(b.rejected) AS rejected,
               sum(b.duplicates) AS duplicates, max(b.reported) AS reported, sum(b.gap) AS gap,
               greatest(max(b.numbered), sum(b.stored + b.rejected + b.gap)) AS numbered
        FROM (
            SELECT outbox_id, day, stored::numeric, rejected::numeric, resends::numeric * (last - first + 1) AS duplicates,
                   0::numeric AS numbered, 0::numeric AS reported, 0::numeric AS gap
            FROM batch
            UNION ALL
            SELECT outbox_id, day, 0::numeric, 0::numeric, 0::numeric, least(numbered, 900000000)::numeric,
                   least(in_outbox, 900000000)::numeric, 0::numeric
            FROM edge_day
            UNION ALL
            SELECT outbox_id, day, 0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, (last - first + 1)::numeric
            FROM ledger_gap
        ) AS b JOIN outbox o USING (outbox_id)
        GROUP BY o.centre_id, o.outbox_id, b.day
    ) AS outbox_day
) AS book
GROUP BY centre_id, day;
