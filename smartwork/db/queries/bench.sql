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
TRUNCATE reading, batch, span, stale_span, latest, rejected

-- name: bench_analyze
ANALYZE centre, zone, resource, device

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
