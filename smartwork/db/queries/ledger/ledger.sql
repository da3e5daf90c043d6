-- name: ledger_days
SELECT c.slug AS centre, l.day, l.numbered, l.stored, l.rejected, l.in_outbox, l.missing, l.duplicates
FROM ledger_day l JOIN centre c USING (centre_id) ORDER BY c.slug, l.day

-- name: ledger_of_days
SELECT day, numbered, stored, rejected, in_outbox, missing, duplicates FROM ledger_day
WHERE centre_id = (SELECT centre_id FROM centre WHERE slug = %(centre)s) AND day = ANY(%(days)s::date[]) ORDER BY day

-- name: ledger_between
-- Without duplicates: invoices do not record them.
SELECT c.slug AS centre, l.day, l.numbered, l.stored, l.rejected, l.in_outbox, l.missing
FROM ledger_day l JOIN centre c USING (centre_id) WHERE l.day >= %(since)s AND l.day <= %(until)s ORDER BY c.slug, l.day

-- name: ledger_gaps
-- Numbers that were given and that no stored batch holds: missing, or not yet arrived. Those after the last stored batch
-- are left out if the outbox still holds as many.
SELECT c.slug AS centre, gap.edge, gap.epoch, gap.first, gap.last
FROM (
    SELECT centre_id, edge, epoch, first, last FROM ledger_gap
    UNION ALL
    SELECT o.centre_id, o.edge, o.epoch, coalesce(newest.last, 0) + 1, o.last
    FROM outbox o
    LEFT JOIN LATERAL (
        SELECT b.last FROM batch b WHERE b.outbox_id = o.outbox_id ORDER BY b.first DESC LIMIT 1
    ) AS newest ON true
    WHERE o.last - coalesce(newest.last, 0)
          > coalesce((SELECT sum(d.in_outbox) FROM edge_day d WHERE d.outbox_id = o.outbox_id), 0)
) AS gap JOIN centre c USING (centre_id)
ORDER BY 1, 2, 3, 4

-- name: ledger_faults
SELECT c.slug AS centre, f.edge, f.since, f.message
FROM ledger_fault f JOIN centre c USING (centre_id)
WHERE %(centre)s::text IS NULL OR c.slug = %(centre)s ORDER BY c.slug, f.edge, f.since

-- name: ledger_overlaps
-- Numbers that more than one stored batch holds.
SELECT c.slug AS centre, o.edge, o.epoch, twice.first, twice.last
FROM (
    SELECT outbox_id, first, CASE WHEN max(last) OVER earlier < last THEN max(last) OVER earlier
                                  WHEN count(*) OVER earlier > 0 THEN last END AS last
    FROM batch WINDOW earlier AS (PARTITION BY outbox_id ORDER BY first ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW)
) AS twice JOIN outbox o USING (outbox_id) JOIN centre c USING (centre_id)
WHERE twice.first <= twice.last ORDER BY 1, 2, 3, 4
