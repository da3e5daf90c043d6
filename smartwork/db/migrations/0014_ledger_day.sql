-- The edges' book beside ours by centre and local day: one reckoning for the ledger, the API and the evidence of invoices.
-- Summed by outbox first, since what arrived after an edge's report counts as numbered too. The centre is a key of both
-- sums and both halves have the same types, so that whoever asks for one centre reads its batches only.
CREATE VIEW ledger_day AS
SELECT centre_id, day, sum(numbered)::bigint AS numbered, sum(stored)::bigint AS stored, sum(rejected)::bigint AS rejected,
       sum(duplicates)::bigint AS duplicates,
       sum(least(reported, numbered - stored - rejected))::bigint AS in_outbox,
       sum(numbered - stored - rejected - least(reported, numbered - stored - rejected))::bigint AS missing
FROM (
    SELECT o.centre_id, o.outbox_id, b.day, sum(b.stored) AS stored, sum(b.rejected) AS rejected,
           sum(b.duplicates) AS duplicates, max(b.reported) AS reported,
           greatest(max(b.numbered), sum(b.stored + b.rejected)) AS numbered
    FROM (
        SELECT outbox_id, day, stored::bigint, rejected::bigint, resends * (last - first + 1) AS duplicates,
               0::bigint AS numbered, 0::bigint AS reported
        FROM batch
        UNION ALL
        SELECT outbox_id, day, 0::bigint, 0::bigint, 0::bigint, numbered, in_outbox FROM edge_day
    ) AS b JOIN outbox o USING (outbox_id)
    GROUP BY o.centre_id, o.outbox_id, b.day
) AS book
GROUP BY centre_id, day;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'smartwork_books') THEN
        GRANT SELECT ON ledger_day TO smartwork_books;
    END IF;
END $$;
