-- name: put_device
-- A device that sent readings before it was registered (no profile yet) is registered now.
INSERT INTO device (centre_id, slug, profile, address, interval_s, role, model, rules, zone_id, resource_id)
SELECT c.centre_id, %(slug)s, %(profile)s, %(address)s, %(interval_s)s, %(role)s, %(model)s, %(rules)s::jsonb,
       (SELECT zone_id FROM zone z WHERE z.centre_id = c.centre_id AND z.slug = %(zone)s),
       (SELECT resource_id FROM resource r WHERE r.centre_id = c.centre_id AND r.slug = %(resource)s)
FROM centre c WHERE c.slug = %(centre)s
ON CONFLICT (centre_id, slug) DO UPDATE
SET profile = excluded.profile, address = excluded.address, interval_s = excluded.interval_s,
    role = excluded.role, model = excluded.model, rules = excluded.rules, zone_id = excluded.zone_id,
    resource_id = excluded.resource_id
WHERE device.profile IS NULL

-- name: registered_devices
-- The newest reading is looked up metric by metric: each is one step into the index, all metrics together are not.
SELECT c.slug AS centre, d.slug AS device, d.profile, d.address, d.model, d.role,
       CASE WHEN d.retired_at IS NULL THEN coalesce(r.slug, z.slug) END AS place,
       newest.at AS last_reading_at, battery.value AS battery_pct, d.retired_at
FROM device d JOIN centre c USING (centre_id) LEFT JOIN resource r USING (resource_id)
LEFT JOIN zone z ON z.zone_id = coalesce(d.zone_id, r.zone_id)
LEFT JOIN LATERAL (
    SELECT max(of_metric.at) AS at
    FROM unnest(%(metrics)s::smallint[]) AS m (metric)
    CROSS JOIN LATERAL (SELECT at FROM reading WHERE device_id = d.device_id AND metric = m.metric
                        ORDER BY at DESC LIMIT 1) of_metric
) newest ON true
LEFT JOIN LATERAL (SELECT value FROM reading WHERE device_id = d.device_id AND metric = %(battery)s
                   ORDER BY at DESC, n DESC LIMIT 1) battery ON true
WHERE r.kind IS DISTINCT FROM 'recording' AND (%(centre)s::text IS NULL OR c.slug = %(centre)s)
ORDER BY c.slug, d.slug
