-- Centres whose ledger is faulty, with the reason: a report that cannot be true is not counted, and one that was stored before
-- such reports were refused is bounded. Their bills wait until a good report has come.
CREATE VIEW ledger_fault AS
SELECT a.centre_id, a.edge, a.since, a.message
FROM alarm a WHERE a.kind = 'ledger_report_wrong' AND a.ended_at IS NULL
UNION ALL
SELECT o.centre_id, o.edge, min(d.reported_at),
       'A ledger report of this gateway cannot be true: ' || min(d.day)::text || ' has ' || max(d.numbered)::text || ' numbers.'
FROM edge_day d JOIN outbox o USING (outbox_id)
WHERE d.numbered > 900000000 OR d.in_outbox > 900000000
GROUP BY o.centre_id, o.edge;
CREATE INDEX edge_day_faulty ON edge_day (outbox_id) WHERE numbered > 900000000 OR in_outbox > 900000000;

-- Since when a gateway process has had the lease, and the process that had it before or was refused last.
ALTER TABLE gateway_lease
    ADD COLUMN since       timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN rival       text,
    ADD COLUMN rival_since timestamptz;
