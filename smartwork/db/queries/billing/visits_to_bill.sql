-- name: billing_snapshot
-- Verdicts, spans and batches are read from one snapshot, while ingest continues.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ

-- name: billing_visits
-- Verdicts of the month, by the local start in the centre's time zone, with the network's last change of the booking.
-- Recordings and bookings that were cancelled in time are never billed.
SELECT v.verdict_id, v.resource_id, v.company_id, co.slug AS company, v.first_seen, v.last_seen,
       v.verdict, c.slug AS centre, c.name AS centre_name, c.timezone, r.slug AS resource, r.name AS resource_name, r.kind,
       coalesce(mb.pseudonym, mc.pseudonym) AS member, b.external_id AS booking, k.external_id AS check_in,
       k.method AS check_in_method, v.starts_at, v.ends_at, v.reassigned_at, v.booked_s, v.occupied_s,
       v.vacant_s, v.unknown_s, v.over_s, v.cancelled_at, o.recorded_at AS change_at, o.recorded_by AS change_by,
       o.reason AS change_reason, e.verdict AS earlier_verdict, e.replaced_at AS earlier_replaced_at
FROM verdict v
JOIN resource r ON r.resource_id = v.resource_id
JOIN centre c USING (centre_id)
LEFT JOIN company co ON co.company_id = v.company_id
LEFT JOIN booking b ON b.booking_id = v.booking_id
LEFT JOIN member mb ON mb.member_id = b.member_id
LEFT JOIN check_in k ON k.check_in_id = v.check_in_id
LEFT JOIN member mc ON mc.member_id = k.member_id
LEFT JOIN LATERAL (
    SELECT * FROM (SELECT b.recorded_at, b.recorded_by, b.reason
                   UNION ALL
                   SELECT h.recorded_at, h.recorded_by, h.reason FROM booking_history h WHERE h.booking_id = b.booking_id) t
    WHERE t.reason IS NOT NULL ORDER BY t.recorded_at DESC LIMIT 1
) o ON true
LEFT JOIN LATERAL (
    SELECT e.verdict, e.replaced_at FROM verdict_history e
    WHERE e.booking_id = v.booking_id OR (v.booking_id IS NULL AND e.check_in_id = v.check_in_id)
    ORDER BY e.verdict_history_id DESC LIMIT 1
) e ON true
WHERE v.company_id IS NOT NULL AND v.verdict <> 'cancelled' AND r.kind IN ('desk', 'room')
  AND (%(companies)s::integer[] IS NULL OR v.company_id = ANY(%(companies)s))
  AND v.starts_at >= %(month)s::timestamp AT TIME ZONE c.timezone
  AND v.starts_at < (%(month)s::timestamp + interval '1 month') AT TIME ZONE c.timezone
ORDER BY v.company_id, c.slug, v.resource_id, v.booking_id IS NULL, v.starts_at

-- name: billing_spans
-- Spans of a resource do not overlap, so the span at the start of a visit is the last one that began by then. Each visit takes
-- two short index scans, however long the history.
SELECT p.verdict_id, greatest(s.starts_at, p.starts_at), least(s.ends_at, p.shown_until), s.state, s.suspect,
       s.contradicted
FROM unnest(%(verdicts)s::bigint[], %(resources)s::integer[], %(starts)s::timestamptz[], %(untils)s::timestamptz[])
     AS p (verdict_id, resource_id, starts_at, shown_until)
CROSS JOIN LATERAL (
    (SELECT x.starts_at, x.ends_at, x.state, x.suspect, x.contradicted FROM span x
     WHERE x.resource_id = p.resource_id AND x.starts_at <= p.starts_at
     ORDER BY x.starts_at DESC LIMIT 1)
    UNION ALL
    SELECT x.starts_at, x.ends_at, x.state, x.suspect, x.contradicted FROM span x
    WHERE x.resource_id = p.resource_id AND x.starts_at > p.starts_at AND x.starts_at < p.shown_until
) s
WHERE s.ends_at > p.starts_at AND p.shown_until > p.starts_at
ORDER BY p.verdict_id, s.starts_at

-- name: billing_batches
-- Which runs of the ledger a verdict rests on: readings of the verdict's period, of each device while it watched the place.
-- They come through the device index; their
-- numbers and the batches' first numbers are then walked in one sorted pass, in which the last `first` seen is the
-- batch's own (batches of an outbox do not overlap). Adjoining batches make one run.
WITH seen AS (
    SELECT p.verdict_id, r.outbox_id, r.n
    FROM unnest(%(verdicts)s::bigint[], %(resources)s::integer[], %(starts)s::timestamptz[], %(untils)s::timestamptz[])
     AS p (verdict_id, resource_id, starts_at, shown_until)
    JOIN device_assignment a ON a.resource_id = p.resource_id AND a.starts_at < p.shown_until AND a.ends_at > p.starts_at
    CROSS JOIN LATERAL (
        SELECT x.outbox_id, x.n FROM reading x
        WHERE x.device_id = a.device_id AND x.metric = 1
          AND x.at >= greatest(p.starts_at, a.starts_at) AND x.at < least(p.shown_until, a.ends_at)
        OFFSET 0
    ) r
), walked AS (
    SELECT verdict_id, outbox_id, n, max(first) OVER (PARTITION BY outbox_id ORDER BY n, verdict_id NULLS FIRST) AS first
    FROM (
        SELECT verdict_id, outbox_id, n, NULL::bigint AS first FROM seen
        UNION ALL
        SELECT NULL, outbox_id, first, first FROM batch WHERE outbox_id IN (SELECT outbox_id FROM seen)
    ) both_kinds
), runs AS (
    SELECT w.verdict_id, w.outbox_id, unnest(range_agg(int8range(b.first, b.last, '[]'))) AS run
    FROM (SELECT DISTINCT verdict_id, outbox_id, first FROM walked WHERE verdict_id IS NOT NULL) w
    JOIN batch b USING (outbox_id, first)
    GROUP BY w.verdict_id, w.outbox_id
)
SELECT runs.verdict_id, o.edge, o.epoch, lower(run), upper(run) - 1
FROM runs JOIN outbox o USING (outbox_id)
ORDER BY runs.verdict_id, o.edge, o.epoch, lower(run)

-- name: unattributed_presence
-- Stays that no booking or check-in names are counted, never billed.
SELECT count(*), coalesce(sum(v.occupied_s), 0)
FROM verdict v JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
WHERE v.company_id IS NULL AND v.verdict = 'walk_in' AND r.kind IN ('desk', 'room')
  AND v.starts_at >= %(month)s::timestamp AT TIME ZONE c.timezone
  AND v.starts_at < (%(month)s::timestamp + interval '1 month') AT TIME ZONE c.timezone
