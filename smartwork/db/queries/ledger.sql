-- name: ledger_days
-- The edge's book beside ours, by centre and local day. What arrived after the edge's report is counted as numbered too.
WITH stored AS (
    SELECT outbox_id, day, sum(stored)::bigint AS stored, sum(rejected)::bigint AS rejected,
           sum(resends * (last - first + 1))::bigint AS duplicates
    FROM batch GROUP BY outbox_id, day
), book AS (
    SELECT outbox_id, day, coalesce(s.stored, 0) AS stored, coalesce(s.rejected, 0) AS rejected,
           coalesce(s.duplicates, 0) AS duplicates,
           greatest(coalesce(e.numbered, 0), coalesce(s.stored + s.rejected, 0)) AS numbered,
           coalesce(e.in_outbox, 0) AS reported
    FROM stored s FULL JOIN edge_day e USING (outbox_id, day)
)
SELECT c.slug, b.day, sum(numbered)::bigint, sum(stored)::bigint, sum(duplicates)::bigint, sum(rejected)::bigint,
       sum(least(reported, numbered - stored - rejected))::bigint,
       sum(numbered - stored - rejected - least(reported, numbered - stored - rejected))::bigint
FROM book b JOIN outbox o USING (outbox_id) JOIN centre c USING (centre_id)
GROUP BY c.slug, b.day ORDER BY c.slug, b.day

-- name: ledger_gaps
-- Numbers that lie before a stored batch and in none: lost, or still on their way.
SELECT c.slug, o.edge, o.epoch, gap.first, gap.last
FROM (
    SELECT outbox_id, coalesce(lag(last) OVER w, 0) + 1 AS first, first - 1 AS last
    FROM batch WINDOW w AS (PARTITION BY outbox_id ORDER BY first)
) AS gap JOIN outbox o USING (outbox_id) JOIN centre c USING (centre_id)
WHERE gap.first <= gap.last ORDER BY 1, 2, 3, 4

-- name: ledger_overlaps
-- Numbers that more than one stored batch holds: ingest lets none come about, and this would show it.
SELECT c.slug, o.edge, o.epoch, twice.first, twice.last
FROM (
    SELECT outbox_id, first, CASE WHEN max(last) OVER earlier < last THEN max(last) OVER earlier
                                  WHEN count(*) OVER earlier > 0 THEN last END AS last
    FROM batch WINDOW earlier AS (PARTITION BY outbox_id ORDER BY first ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW)
) AS twice JOIN outbox o USING (outbox_id) JOIN centre c USING (centre_id)
WHERE twice.first <= twice.last ORDER BY 1, 2, 3, 4
