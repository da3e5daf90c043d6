-- name: bench_operator
INSERT INTO operator (name, kind, enterprise_number) VALUES ('Bench', 'public', '0123456749') ON CONFLICT DO NOTHING

-- name: bench_centres
INSERT INTO centre (slug, name, operator_id, region, town, latitude, longitude, timezone, opens, closes, open_days,
                    plan_width_m, plan_height_m, is_demo)
SELECT slug, slug, (SELECT operator_id FROM operator WHERE name = 'Bench'), 'Wallonia', 'Bench', 50, 4,
       'Europe/Brussels', '08:00', '18:00', '{1,2,3,4,5}', 12, 8, true
FROM unnest(%(centres)s::text[]) AS slug

-- name: bench_zones
INSERT INTO zone (centre_id, slug, name, area_m2, light_power_w, x_m, y_m, width_m, height_m)
SELECT centre_id, 'hall', 'Hall', 60, 400, 0, 0, 12, 8 FROM centre ORDER BY centre_id

-- name: bench_desks
INSERT INTO resource (centre_id, zone_id, slug, name, kind, seats, x_m, y_m, width_m, height_m)
SELECT centre_id, zone_id, 'desk-' || i, 'Desk ' || i, 'desk', 1, 0, 0, 1, 1
FROM zone, generate_series(1, %(desks)s) AS i ORDER BY centre_id, i

-- name: bench_devices
INSERT INTO device (centre_id, slug, profile, address, interval_s, zone_id, resource_id)
SELECT r.centre_id, replace(r.slug, 'desk', 's'), 'zigbee2mqtt', 'zigbee2mqtt/' || c.slug || '/' || r.slug, 60,
       r.zone_id, r.resource_id
FROM resource r JOIN centre c USING (centre_id) ORDER BY r.centre_id, r.resource_id

-- name: bench_clear
TRUNCATE reading, batch, span, span_queue, stale_verdict, rejected

-- name: bench_analyze
ANALYZE centre, zone, resource, device, device_assignment

-- name: bench_checkpoint
CHECKPOINT

-- name: bench_device_ids
SELECT c.slug, d.slug, d.device_id FROM device d JOIN centre c USING (centre_id)

-- name: bench_ledger
SELECT count(*), coalesce(sum(stored), 0), coalesce(sum(rejected), 0) FROM batch

-- name: bench_readings
SELECT count(*) FROM reading

-- name: bench_numbers
SELECT r.n, r.value FROM reading r WHERE r.metric = %(metric)s

-- name: bench_without_checks
-- The generated rows are valid; checking them one by one takes longer than the measurement.
SET session_replication_role = replica

-- name: bench_with_checks
SET session_replication_role TO DEFAULT

-- name: bench_no_overlap_index
ALTER TABLE booking DROP CONSTRAINT booking_overlap

-- name: bench_companies
INSERT INTO company (slug, name, enterprise_number, street, postcode, town, language, buyer_reference, is_demo)
SELECT 'bench-' || i, 'Bench ' || i, lpad(i::text, 10, '0'), 'Rue 1', '5000', 'Bench', 'en', 'PO', true
FROM generate_series(1, 200) AS i

-- name: bench_members
INSERT INTO member (pseudonym, company_id)
SELECT 'bench-' || i, (SELECT min(company_id) FROM company) + i %% 200 FROM generate_series(0, 9999) AS i

-- name: bench_bookings
-- Forty bookings for each desk: a morning and an afternoon on twenty weekdays.
INSERT INTO booking (external_id, resource_id, member_id, company_id, starts_at, ends_at, status)
SELECT 'bench-' || r.resource_id || '-' || d.i || '-' || s, r.resource_id, m.member_id, m.company_id,
       (d.day + make_interval(hours => 8 + 5 * s)) AT TIME ZONE 'Europe/Brussels',
       (d.day + make_interval(hours => 12 + 5 * s)) AT TIME ZONE 'Europe/Brussels',
       CASE WHEN (r.resource_id + d.i * 11 + s) %% 20 = 0 THEN 'cancelled' ELSE 'booked' END
FROM resource r CROSS JOIN generate_series(0, 1) AS s CROSS JOIN
     (SELECT row_number() OVER (ORDER BY day) AS i, day FROM
      generate_series(%(month)s::timestamp, %(month)s::timestamp + interval '1 month - 1 day', '1 day') AS day
      WHERE extract(isodow FROM day) < 6 LIMIT 20) AS d
JOIN member m ON m.member_id = (SELECT min(member_id) FROM member) + (r.resource_id * 13 + d.i * 7 + s) %% 10000
ORDER BY r.resource_id, d.i, s

-- name: bench_spans
-- Of ten bookings six are used with a break; one each is a no-show, left early, overstayed, and unknown for an hour.
-- The time between is vacant.
WITH seen AS (
    SELECT b.resource_id, b.starts_at + p.since AS starts_at, b.starts_at + p.until AS ends_at, p.state
    FROM booking b
    JOIN (VALUES (0, interval '0', interval '0', 'none'), (1, '3 min', '2 h', 'occupied'), (2, '0', '4 h 40 min', 'occupied'),
                 (3, '5 min', '2 h', 'occupied'), (3, '2 h', '3 h', 'unknown'), (3, '3 h', '4 h', 'occupied'),
                 (4, '4 min', '2 h', 'occupied'), (4, '2 h 10 min', '3 h 55 min', 'occupied')) AS p (outcome, since, until, state)
      ON p.outcome = least((b.resource_id * 7 + extract(day FROM b.starts_at)::int * 3 + extract(hour FROM b.starts_at)::int)
                           %% 10, 4)
    WHERE p.state <> 'none'
), joined AS (
    SELECT resource_id, starts_at, ends_at, state, lag(ends_at, 1, %(month)s::timestamptz) OVER (PARTITION BY resource_id
           ORDER BY starts_at) AS before FROM seen
)
INSERT INTO span (resource_id, starts_at, ends_at, state)
SELECT resource_id, starts_at, ends_at, state FROM joined
UNION ALL SELECT resource_id, before, starts_at, 'vacant' FROM joined WHERE before < starts_at
ORDER BY 1, 2

-- name: bench_check_ins
INSERT INTO check_in (external_id, resource_id, member_id, company_id, at, method)
SELECT external_id, resource_id, member_id, company_id, starts_at + interval '4 min', 'badge' FROM booking WHERE booking_id %% 4 = 0

-- name: bench_stale_verdicts
INSERT INTO stale_verdict (resource_id, month) SELECT resource_id, %(month)s FROM resource

-- name: bench_forget_verdicts
TRUNCATE verdict

-- name: bench_analyze_month
ANALYZE booking, span, check_in, member, resource, stale_verdict

-- name: bench_booking_count
SELECT count(*) FROM booking
