-- name: centre_hours
SELECT c.centre_id, c.slug, c.name, c.timezone, c.opens, c.closes, c.open_days,
       coalesce(array_agg(x.day) FILTER (WHERE x.day IS NOT NULL), '{}')
FROM centre c LEFT JOIN closure x USING (centre_id) GROUP BY c.centre_id ORDER BY c.slug

-- name: bookable_resources
SELECT resource_id, zone_id, kind FROM resource WHERE centre_id = %s AND kind <> 'recording' ORDER BY resource_id

-- name: spans_of_centre
SELECT s.resource_id, s.starts_at, s.ends_at, s.state, s.suspect
FROM span s JOIN resource r USING (resource_id)
WHERE r.centre_id = %(centre_id)s AND r.kind <> 'recording' AND s.ends_at > %(start)s AND s.starts_at < %(end)s
ORDER BY s.resource_id, s.starts_at

-- name: light_meters
-- Devices of a zone that watch no resource and have reported a counter of energy, with the first report.
SELECT z.zone_id, z.light_power_w AS rated_w, d.device_id, f.at AS since, d.retired_at
FROM zone z JOIN device d ON d.zone_id = z.zone_id AND d.resource_id IS NULL
CROSS JOIN LATERAL (SELECT at FROM reading WHERE device_id = d.device_id AND metric = 10 ORDER BY at LIMIT 1) f
WHERE z.centre_id = %s
ORDER BY z.zone_id, d.device_id

-- name: counter_around
-- With the last reading before the start and the first after the end, so that the energy between them is not lost.
SELECT at, value FROM (
    (SELECT at, n, value FROM reading
     WHERE device_id = %(device_id)s AND metric = 10 AND at < %(start)s ORDER BY at DESC, n DESC LIMIT 1)
    UNION ALL
    SELECT at, n, value FROM reading WHERE device_id = %(device_id)s AND metric = 10 AND at >= %(start)s AND at < %(end)s
    UNION ALL
    (SELECT at, n, value FROM reading
     WHERE device_id = %(device_id)s AND metric = 10 AND at >= %(end)s ORDER BY at, n LIMIT 1)
) AS around
ORDER BY at, n

-- name: delete_daily_use
DELETE FROM daily_use u USING resource r
WHERE u.resource_id = r.resource_id AND r.centre_id = %(centre_id)s AND u.day = ANY(%(days)s::date[])

-- name: copy_daily_use
COPY daily_use (resource_id, day, open_s, occupied_s, vacant_s, unknown_s, suspect_s) FROM STDIN

-- name: delete_daily_peaks
DELETE FROM daily_peak WHERE centre_id = %(centre_id)s AND day = ANY(%(days)s::date[])

-- name: copy_daily_peaks
COPY daily_peak (centre_id, day, peak, peak_at) FROM STDIN

-- name: delete_daily_energy
DELETE FROM daily_energy e USING zone z
WHERE e.zone_id = z.zone_id AND z.centre_id = %(centre_id)s AND e.day = ANY(%(days)s::date[])

-- name: copy_daily_energy
COPY daily_energy (zone_id, day, used_wh, empty_wh, unknown_wh, baseline_wh, metered_s, elapsed_s) FROM STDIN

-- name: energy_total
SELECT coalesce(sum(used_wh), 0), coalesce(sum(empty_wh), 0), coalesce(sum(unknown_wh), 0), coalesce(sum(baseline_wh), 0),
       coalesce(sum(metered_s), 0)::bigint, coalesce(sum(elapsed_s), 0)::bigint
FROM daily_energy WHERE day = ANY(%s::date[])
