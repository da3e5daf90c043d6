-- name: billing_customers
-- Companies by slug.
SELECT company_id, is_demo, vat_category, vat_rate, vat_code, vat_reason,
       slug, name, enterprise_number, street, postcode, town, language, buyer_reference
FROM company
ORDER BY slug

-- name: billing_contracts
-- Oldest first; general ones after those that name a centre or kind, so that the last is a general one.
SELECT t.company_id, t.valid_from, t.valid_until, t.charge, t.grace_min, t.step_min, t.no_show_share, t.early_leave_refund,
       t.payment_days, t.minimum_min, t.no_show_fee, c.slug, t.kind
FROM contract t LEFT JOIN centre c USING (centre_id)
ORDER BY t.company_id, t.centre_id IS NULL AND t.kind IS NULL, t.valid_from, t.contract_id

-- name: billing_pools
SELECT company_id, kind, per_hour, overdraft_hours, expires_months FROM prepaid_pool ORDER BY company_id, kind

-- name: billing_tariffs
SELECT c.slug, t.kind, t.valid_from, t.per_hour, t.valid_until, t.half_day, t.half_day_hours, t.day
FROM tariff t LEFT JOIN centre c USING (centre_id)
ORDER BY t.tariff_id

-- name: billing_seller
SELECT name, enterprise_number, street, postcode, town, country, scheme, iban FROM seller

-- name: billing_snapshot
-- Verdicts, spans and batches are read as of one moment, while ingest goes on.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ

-- name: billing_verdicts
-- Verdicts of the month, by the local start in the centre's own time; the evidence of a ceded desk ends where it is ceded.
-- A recording is seen, never billed.
SELECT v.resource_id, v.starts_at, coalesce(v.ceded_at, v.ends_at + make_interval(secs => v.over_s)),
       v.verdict_id, v.verdict, v.company_id, c.slug, c.name, c.timezone, r.slug, r.name, r.kind,
       coalesce(mb.pseudonym, mc.pseudonym, ''), b.external_id, k.external_id, k.method,
       v.starts_at, v.ends_at, v.booked_s, v.occupied_s, v.vacant_s, v.unknown_s, v.over_s, v.ceded_at
FROM verdict v
JOIN resource r ON r.resource_id = v.resource_id
JOIN centre c USING (centre_id)
LEFT JOIN booking b ON b.booking_id = v.booking_id
LEFT JOIN member mb ON mb.member_id = b.member_id
LEFT JOIN check_in k ON k.check_in_id = v.check_in_id
LEFT JOIN member mc ON mc.member_id = k.member_id
WHERE v.company_id IS NOT NULL AND v.verdict <> 'cancelled' AND r.kind IN ('desk', 'room')
  AND (%(companies)s::integer[] IS NULL OR v.company_id = ANY(%(companies)s))
  AND v.starts_at >= %(month)s::timestamp AT TIME ZONE c.timezone
  AND v.starts_at < (%(month)s::timestamp + interval '1 month') AT TIME ZONE c.timezone
ORDER BY v.company_id, c.slug, v.resource_id, v.booking_id IS NULL, v.starts_at

-- name: billing_spans
-- Spans of a resource do not overlap, so the one that holds at the start is the last that began by then:
-- two short index walks a verdict, however long the history.
SELECT p.verdict_id, greatest(s.starts_at, p.starts_at), least(s.ends_at, p.shown_until), s.state, s.suspect
FROM unnest(%(verdicts)s::bigint[], %(resources)s::integer[], %(starts)s::timestamptz[], %(untils)s::timestamptz[])
     AS p (verdict_id, resource_id, starts_at, shown_until)
CROSS JOIN LATERAL (
    (SELECT x.starts_at, x.ends_at, x.state, x.suspect FROM span x
     WHERE x.resource_id = p.resource_id AND x.starts_at <= p.starts_at
     ORDER BY x.starts_at DESC LIMIT 1)
    UNION ALL
    SELECT x.starts_at, x.ends_at, x.state, x.suspect FROM span x
    WHERE x.resource_id = p.resource_id AND x.starts_at > p.starts_at AND x.starts_at < p.shown_until
) s
WHERE s.ends_at > p.starts_at
ORDER BY p.verdict_id, s.starts_at

-- name: billing_batches
-- Which runs of the ledger a verdict rests on. Readings of the verdict's period come through the device index; their
-- numbers and the batches' first numbers are then walked in one sorted pass, in which the last `first` seen is the
-- batch's own (batches of an outbox do not overlap). Adjoining batches make one run.
WITH seen AS (
    SELECT p.verdict_id, r.outbox_id, r.n
    FROM unnest(%(verdicts)s::bigint[], %(resources)s::integer[], %(starts)s::timestamptz[], %(untils)s::timestamptz[])
     AS p (verdict_id, resource_id, starts_at, shown_until)
    JOIN device d ON d.resource_id = p.resource_id
    CROSS JOIN LATERAL (
        SELECT x.outbox_id, x.n FROM reading x
        WHERE x.device_id = d.device_id AND x.metric = 1 AND x.at >= p.starts_at AND x.at < p.shown_until
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

-- name: billing_unsigned
-- Walk-ins that nobody signed for: counted, never billed.
SELECT count(*), coalesce(sum(v.occupied_s), 0)
FROM verdict v JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
WHERE v.company_id IS NULL AND v.verdict = 'walk_in' AND r.kind IN ('desk', 'room')
  AND v.starts_at >= %(month)s::timestamp AT TIME ZONE c.timezone
  AND v.starts_at < (%(month)s::timestamp + interval '1 month') AT TIME ZONE c.timezone

-- name: verdict_digests
-- SHA-256 over a company's verdicts of each month, in the format of DIGEST_VERSION (smartwork/domain/billing/changed_months.py):
-- another digest means that something changed since the month was billed.
SELECT v.company_id, date_trunc('month', v.starts_at AT TIME ZONE c.timezone)::date,
       encode(sha256(convert_to('{"format":2,"verdicts":[' || string_agg(
           json_build_array(v.booking_id, v.check_in_id, v.resource_id, v.verdict, v.starts_at AT TIME ZONE 'UTC',
                            v.ends_at AT TIME ZONE 'UTC', v.booked_s, v.occupied_s, v.unknown_s, v.over_s,
                            v.ceded_at AT TIME ZONE 'UTC')::text, ','
           ORDER BY v.starts_at, v.resource_id, v.booking_id, v.check_in_id) || ']}', 'UTF8')), 'hex')
FROM verdict v JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
WHERE v.company_id IS NOT NULL AND v.verdict <> 'cancelled' AND r.kind IN ('desk', 'room')
  AND v.starts_at >= %(since)s::timestamp AT TIME ZONE c.timezone
  AND v.starts_at < (%(month)s::timestamp + interval '1 month') AT TIME ZONE c.timezone
GROUP BY 1, 2

-- name: billed_digests
SELECT company_id, month, verdicts_digest, contracts_digest, tariffs_digest, digest_version
FROM billed_month WHERE month >= %(since)s AND month <= %(month)s

-- name: put_billed_digests
INSERT INTO billed_month (company_id, month, verdicts_digest, contracts_digest, tariffs_digest, digest_version)
VALUES (%(company_id)s, %(month)s, %(verdicts)s, %(contracts)s, %(tariffs)s, %(version)s)
ON CONFLICT (company_id, month) DO UPDATE
SET verdicts_digest = excluded.verdicts_digest, contracts_digest = excluded.contracts_digest,
    tariffs_digest = excluded.tariffs_digest, digest_version = excluded.digest_version

-- name: month_is_billed
SELECT EXISTS (SELECT FROM billed_month WHERE month = %(month)s)

-- name: closed_companies
-- Companies for which the month is closed: it has a monthly document, or was taken in and a later month has one.
SELECT i.company_id FROM invoice i
WHERE i.company_id IS NOT NULL AND i.corrects_id IS NULL
  AND (i.month = %(month)s
       OR i.month > %(month)s AND EXISTS (SELECT FROM billed_month b WHERE b.company_id = i.company_id AND b.month = %(month)s))
GROUP BY i.company_id

-- name: clear_drafts
DELETE FROM invoice_draft WHERE month = %(month)s AND (%(companies)s::integer[] IS NULL OR company_id = ANY(%(companies)s))

-- name: put_draft
INSERT INTO invoice_draft (company_id, month, document) VALUES (%(company_id)s, %(month)s, %(document)s)
