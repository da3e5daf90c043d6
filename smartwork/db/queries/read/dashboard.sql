-- name: dashboard_months
-- Months with daily figures or documents, newest first.
SELECT DISTINCT date_trunc('month', day)::date AS month FROM (
    SELECT day FROM daily_use UNION ALL SELECT day FROM daily_energy UNION ALL SELECT month FROM invoice
) AS known
ORDER BY month DESC

-- name: dashboard_centres
SELECT c.centre_id, c.slug, c.name, c.town, c.timezone, c.is_demo, o.kind AS operator_kind, o.name AS operator,
       (SELECT count(*) FROM resource r WHERE r.centre_id = c.centre_id AND r.kind = 'desk')::int AS desks,
       c.plan_width_m, c.plan_height_m, c.opens, c.closes
FROM centre c JOIN operator o USING (operator_id)
ORDER BY c.name

-- name: dashboard_centre_month
-- One row for each centre: desks only, opening hours only. Unknown time is a column of its own, so that ratios can leave it out.
WITH used AS (
    SELECT r.centre_id, sum(u.open_s)::float8 AS open_s, sum(u.occupied_s)::float8 AS occupied_s,
           sum(u.vacant_s)::float8 AS vacant_s, sum(u.unknown_s)::float8 AS unknown_s
    FROM daily_use u JOIN resource r USING (resource_id)
    WHERE u.day >= %(month)s AND u.day < %(month)s + interval '1 month' AND r.kind = 'desk'
    GROUP BY r.centre_id
), peaks AS (
    SELECT DISTINCT ON (centre_id) centre_id, peak, peak_at FROM daily_peak
    WHERE day >= %(month)s AND day < %(month)s + interval '1 month'
    ORDER BY centre_id, peak DESC, peak_at
), energy AS (
    SELECT z.centre_id, sum(e.used_wh) AS used_wh, sum(e.baseline_wh) AS baseline_wh,
           sum(e.metered_s) AS metered_s, sum(e.elapsed_s) AS elapsed_s
    FROM daily_energy e JOIN zone z USING (zone_id)
    WHERE e.day >= %(month)s AND e.day < %(month)s + interval '1 month'
    GROUP BY z.centre_id
), areas AS (
    SELECT centre_id, sum(area_m2) AS area_m2 FROM zone GROUP BY centre_id
), verdicts AS (
    SELECT r.centre_id, count(*) FILTER (WHERE v.verdict = 'no_show')::int AS no_shows,
           count(*) FILTER (WHERE v.booking_id IS NOT NULL AND v.verdict NOT IN ('cancelled', 'cancelled_late'))::int AS bookings
    FROM verdict v JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
    WHERE v.starts_at >= %(month)s::timestamp AT TIME ZONE c.timezone
      AND v.starts_at < (%(month)s + interval '1 month') AT TIME ZONE c.timezone
    GROUP BY r.centre_id
)
SELECT c.centre_id, c.name, o.kind AS operator_kind,
       (SELECT count(*) FROM resource r WHERE r.centre_id = c.centre_id AND r.kind = 'desk')::int AS desks,
       coalesce(u.open_s, 0) AS open_s, coalesce(u.occupied_s, 0) AS occupied_s, coalesce(u.vacant_s, 0) AS vacant_s,
       coalesce(u.unknown_s, 0) AS unknown_s, p.peak, p.peak_at,
       coalesce(v.no_shows, 0) AS no_shows, coalesce(v.bookings, 0) AS bookings,
       e.used_wh, e.baseline_wh, e.metered_s, e.elapsed_s, coalesce(a.area_m2, 0) AS area_m2
FROM centre c JOIN operator o USING (operator_id)
LEFT JOIN used u USING (centre_id) LEFT JOIN peaks p USING (centre_id) LEFT JOIN energy e USING (centre_id)
LEFT JOIN areas a USING (centre_id) LEFT JOIN verdicts v USING (centre_id)
ORDER BY c.name

-- name: dashboard_centre_days
SELECT c.name AS centre, u.day, sum(u.occupied_s)::float8 AS occupied_s, sum(u.vacant_s)::float8 AS vacant_s,
       sum(u.unknown_s)::float8 AS unknown_s, sum(u.open_s)::float8 AS open_s
FROM daily_use u JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
WHERE u.day >= %(month)s AND u.day < %(month)s + interval '1 month' AND r.kind = 'desk'
GROUP BY c.name, u.day
ORDER BY c.name, u.day

-- name: dashboard_places
-- Places, one row for each sensor with its newest presence reading; null if it has none.
SELECT r.resource_id, r.centre_id, r.zone_id, r.slug, r.name, r.kind, r.seats, r.x_m, r.y_m, r.width_m, r.height_m,
       l.at AS last_reading_at, l.value > 0 AS present, d.interval_s,
       l.value > 0
       AND EXISTS (SELECT FROM device o WHERE o.resource_id = r.resource_id AND o.device_id <> d.device_id)
       AND EXISTS (SELECT FROM reading WHERE device_id = d.device_id AND metric = %(presence)s
                   AND at < l.at - %(stuck_after)s::interval)
       AND NOT EXISTS (SELECT FROM reading WHERE device_id = d.device_id AND metric = %(presence)s
                       AND at >= l.at - %(stuck_after)s::interval AND value = 0) AS stuck
FROM resource r LEFT JOIN device d ON d.resource_id = r.resource_id
LEFT JOIN LATERAL (SELECT at, value FROM reading WHERE device_id = d.device_id AND metric = %(presence)s
                   ORDER BY at DESC, n DESC LIMIT 1) l ON true
WHERE %(centre_id)s::int IS NULL OR r.centre_id = %(centre_id)s
ORDER BY r.resource_id, l.at DESC NULLS LAST

-- name: dashboard_zones
-- Zones of a centre, one row for each light with its newest readings.
SELECT z.zone_id, z.name, z.area_m2, z.light_power_w, z.x_m, z.y_m, z.width_m, z.height_m,
       d.device_id, d.interval_s, o.at AS on_at, o.value > 0 AS light_on, v.at AS level_at, v.value AS light_level
FROM zone z LEFT JOIN device d ON d.zone_id = z.zone_id
LEFT JOIN LATERAL (SELECT at, value FROM reading WHERE device_id = d.device_id AND metric = %(light_on)s
                   ORDER BY at DESC, n DESC LIMIT 1) o ON true
LEFT JOIN LATERAL (SELECT at, value FROM reading WHERE device_id = d.device_id AND metric = %(light_level)s
                   ORDER BY at DESC, n DESC LIMIT 1) v ON true
WHERE z.centre_id = %(centre_id)s
ORDER BY z.zone_id, o.at DESC NULLS LAST, v.at DESC NULLS LAST

-- name: dashboard_edges
SELECT edge, state, since, last_message_at FROM edge_status WHERE centre_id = %(centre_id)s ORDER BY edge

-- name: dashboard_energy
SELECT c.centre_id, c.name AS centre, z.zone_id, z.name AS zone, z.area_m2, e.day,
       e.used_wh, e.empty_wh, e.unknown_wh, e.baseline_wh, e.metered_s, e.elapsed_s
FROM daily_energy e JOIN zone z USING (zone_id) JOIN centre c USING (centre_id)
WHERE e.day >= %(month)s AND e.day < %(month)s + interval '1 month'
ORDER BY e.day, c.name, z.name

-- name: dashboard_invoices
-- Invoices and credit notes of companies: the newest month first, documents of a month by company and number.
SELECT i.invoice_id, i.number, i.kind, co.name AS company, i.month, i.issued_on, i.due_on, i.currency,
       i.net, i.vat, i.gross, i.payment_reference, co.is_demo
FROM invoice i JOIN company co USING (company_id)
ORDER BY i.month DESC, co.name, i.invoice_id

-- name: dashboard_invoice_visits
-- The visits of each line in their order: its own or, if it names another line in `of_line`, those of that line. A line that
-- was stored before migration 0007 has its only visit in the column `evidence`.
WITH follows AS (
    SELECT (l ->> 'line')::integer AS line, (l ->> 'of_line')::integer AS of_line
    FROM invoice i CROSS JOIN LATERAL jsonb_array_elements(i.document -> 'lines') l
    WHERE i.invoice_id = %(invoice_id)s AND l ->> 'of_line' IS NOT NULL
)
SELECT l.line, f.of_line, coalesce(p.evidence, l.evidence) AS snapshot
FROM invoice_line l LEFT JOIN follows f USING (line)
LEFT JOIN invoice_proof p ON p.invoice_id = l.invoice_id AND p.line = coalesce(f.of_line, l.line)
WHERE l.invoice_id = %(invoice_id)s AND coalesce(p.evidence, l.evidence) IS NOT NULL
ORDER BY l.line, p.proof

-- name: dashboard_invoice_entries
-- All lines of a document, also those without visits; `place` is of the first visit.
SELECT l.line, l.kind, coalesce((l.starts_at AT TIME ZONE c.timezone)::date,
                                (i.document -> 'lines' -> (l.line - 1) ->> 'starts_on')::date) AS day,
       c.name AS centre, r.name AS place, l.hours, l.quantity, l.unit, l.per_hour AS price, l.net
FROM invoice_line l JOIN invoice i USING (invoice_id) LEFT JOIN centre c ON c.centre_id = l.centre_id
LEFT JOIN resource r ON r.resource_id = l.resource_id
WHERE l.invoice_id = %(invoice_id)s ORDER BY l.line

-- name: dashboard_rejected
SELECT r.arrived_at, c.name AS centre, r.topic, r.reason, r.n FROM rejected r
LEFT JOIN outbox o USING (outbox_id) LEFT JOIN centre c USING (centre_id)
ORDER BY r.arrived_at DESC
LIMIT %(most)s
