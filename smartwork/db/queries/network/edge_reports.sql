-- name: end_alarms
-- Those that the edge's newest report does not name any more; an older report ends nothing.
UPDATE alarm SET ended_at = greatest(%(reported_at)s, since)
FROM centre c WHERE c.centre_id = alarm.centre_id AND c.slug = %(centre)s AND edge = %(edge)s AND ended_at IS NULL
  AND since <= %(reported_at)s
  AND NOT EXISTS (SELECT FROM unnest(%(kinds)s::text[], %(devices)s::text[]) AS a (kind, device)
                  WHERE a.kind = alarm.kind AND a.device = alarm.device)

-- name: begin_alarms
INSERT INTO alarm (centre_id, edge, kind, device, since, says)
SELECT c.centre_id, %(edge)s, a.kind, a.device, a.since, a.says
FROM unnest(%(kinds)s::text[], %(devices)s::text[], %(since)s::timestamptz[], %(says)s::text[])
     AS a (kind, device, since, says), centre c
WHERE c.slug = %(centre)s
ON CONFLICT (centre_id, edge, kind, device) WHERE ended_at IS NULL DO UPDATE SET says = excluded.says

-- name: record_seen
INSERT INTO seen_device (centre_id, profile, address, topic, last_at)
SELECT c.centre_id, s.profile, s.address, s.topic, s.last_at
FROM unnest(%(profiles)s::text[], %(addresses)s::text[], %(topics)s::text[], %(last)s::timestamptz[])
     AS s (profile, address, topic, last_at), centre c
WHERE c.slug = %(centre)s
ON CONFLICT (centre_id, profile, address) DO UPDATE SET topic = excluded.topic, last_at = excluded.last_at
WHERE seen_device.last_at <= excluded.last_at

-- name: standing_alarms
SELECT c.slug, a.edge, a.kind, a.device, a.since, a.says
FROM alarm a JOIN centre c USING (centre_id)
WHERE ended_at IS NULL AND (%(centre)s::text IS NULL OR c.slug = %(centre)s)
ORDER BY c.slug, a.since, a.kind, a.device

-- name: registered_devices
-- When each was heard last: of each metric the newest event is one step down the index, of all together it is not.
SELECT c.slug, d.slug, d.profile, d.address, d.model, d.role, coalesce(r.slug, z.slug), heard.at, battery.value
FROM device d JOIN centre c USING (centre_id) LEFT JOIN resource r USING (resource_id)
LEFT JOIN zone z ON z.zone_id = coalesce(d.zone_id, r.zone_id)
LEFT JOIN LATERAL (
    SELECT max(newest.at) AS at
    FROM unnest(%(metrics)s::smallint[]) AS m (metric)
    CROSS JOIN LATERAL (SELECT at FROM reading WHERE device_id = d.device_id AND metric = m.metric
                        ORDER BY at DESC LIMIT 1) newest
) heard ON true
LEFT JOIN LATERAL (SELECT value FROM reading WHERE device_id = d.device_id AND metric = 11
                   ORDER BY at DESC, n DESC LIMIT 1) battery ON true
WHERE r.kind IS DISTINCT FROM 'recording' AND (%(centre)s::text IS NULL OR c.slug = %(centre)s)
ORDER BY c.slug, d.slug

-- name: unregistered_devices
SELECT c.slug, s.profile, s.address, s.topic, s.last_at
FROM seen_device s JOIN centre c USING (centre_id)
WHERE NOT EXISTS (SELECT FROM device d WHERE d.centre_id = s.centre_id AND d.profile = s.profile AND d.address = s.address)
  AND (%(centre)s::text IS NULL OR c.slug = %(centre)s)
ORDER BY c.slug, s.last_at DESC, s.address

-- name: zone_lights
-- The settings in force of every zone that has some.
SELECT c.slug, z.slug, z.name, l.version, l.settings, l.set_at
FROM zone z JOIN centre c USING (centre_id)
JOIN LATERAL (SELECT version, settings, set_at FROM zone_light WHERE zone_light.zone_id = z.zone_id
              ORDER BY version DESC LIMIT 1) l ON true
WHERE %(centre)s::text IS NULL OR c.slug = %(centre)s
ORDER BY c.slug, z.slug

-- name: zone_light_versions
SELECT l.version, l.settings FROM zone_light l JOIN zone z USING (zone_id) JOIN centre c USING (centre_id)
WHERE c.slug = %(centre)s AND z.slug = %(zone)s ORDER BY l.version DESC LIMIT 2

-- name: lock_zone
SELECT zone_id FROM zone JOIN centre c USING (centre_id) WHERE c.slug = %(centre)s AND zone.slug = %(zone)s FOR UPDATE OF zone

-- name: put_zone_light
INSERT INTO zone_light (zone_id, version, settings, set_at)
SELECT %(zone_id)s, coalesce(max(version), 0) + 1, %(settings)s, %(at)s FROM zone_light WHERE zone_id = %(zone_id)s
RETURNING version

-- name: policy_hours
SELECT to_char(c.opens, 'HH24:MI'), to_char(c.closes, 'HH24:MI'), c.open_days,
       (SELECT array_agg(to_char(day, 'YYYY-MM-DD') ORDER BY day) FROM closure WHERE closure.centre_id = c.centre_id)
FROM centre c WHERE c.slug = %s

-- name: zone_power
SELECT z.zone_id, z.slug, z.light_power_w FROM zone z JOIN centre c USING (centre_id) WHERE c.slug = %s
