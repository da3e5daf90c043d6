-- name: verdict_digests
-- SHA-256 over a company's verdicts of each month, in the format of DIGEST_VERSION (smartwork/domain/billing/changed_months.py):
-- another digest means that something changed since the month was billed. It covers all that a rule of rating may look at:
-- the spans are covered by the seconds of each state and the first and last presence.
SELECT v.company_id, date_trunc('month', v.starts_at AT TIME ZONE c.timezone)::date,
       encode(sha256(convert_to('{"format":3,"verdicts":[' || string_agg(
           json_build_array(v.booking_id, v.check_in_id, v.resource_id, r.kind, coalesce(b.member_id, k.member_id), v.verdict,
                            v.starts_at AT TIME ZONE 'UTC', v.ends_at AT TIME ZONE 'UTC', v.reassigned_at AT TIME ZONE 'UTC',
                            v.cancelled_at AT TIME ZONE 'UTC', v.first_seen AT TIME ZONE 'UTC', v.last_seen AT TIME ZONE 'UTC',
                            v.booked_s, v.occupied_s, v.vacant_s, v.unknown_s, v.over_s)::text, ','
           ORDER BY v.starts_at, v.resource_id, v.booking_id, v.check_in_id) || ']}', 'UTF8')), 'hex')
FROM verdict v JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
LEFT JOIN booking b USING (booking_id) LEFT JOIN check_in k ON k.check_in_id = v.check_in_id
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
-- Companies for which the month is closed: it has a monthly document, or it is billed and a later month has a document.
SELECT i.company_id FROM invoice i
WHERE i.company_id IS NOT NULL AND i.corrects_id IS NULL
  AND (i.month = %(month)s
       OR i.month > %(month)s AND EXISTS (SELECT FROM billed_month b WHERE b.company_id = i.company_id AND b.month = %(month)s))
GROUP BY i.company_id
