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
-- Numbers before a stored batch that no stored batch holds: missing, or not yet arrived.
SELECT c.slug AS centre, o.edge, o.epoch, gap.first, gap.last
FROM (
    SELECT outbox_id, coalesce(lag(last) OVER w, 0) + 1 AS first, first - 1 AS last
    FROM batch WINDOW w AS (PARTITION BY outbox_id ORDER BY first)
) AS gap JOIN outbox o USING (outbox_id) JOIN centre c USING (centre_id)
WHERE gap.first <= gap.last ORDER BY 1, 2, 3, 4

-- name: ledger_overlaps
-- Numbers that more than one stored batch holds.
SELECT c.slug AS centre, o.edge, o.epoch, twice.first, twice.last
FROM (
    SELECT outbox_id, first, CASE WHEN max(last) OVER earlier < last THEN max(last) OVER earlier
                                  WHEN count(*) OVER earlier > 0 THEN last END AS last
    FROM batch WINDOW earlier AS (PARTITION BY outbox_id ORDER BY first ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW)
) AS twice JOIN outbox o USING (outbox_id) JOIN centre c USING (centre_id)
WHERE twice.first <= twice.last ORDER BY 1, 2, 3, 4
