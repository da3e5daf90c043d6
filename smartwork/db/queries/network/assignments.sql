-- name: device_to_assign
SELECT d.device_id, d.role, r.slug AS place, d.retired_at
FROM device d JOIN centre c USING (centre_id) LEFT JOIN resource r USING (resource_id)
WHERE c.slug = %(centre)s AND d.slug = %(device)s FOR NO KEY UPDATE OF d

-- name: place_to_assign
SELECT resource_id FROM resource JOIN centre c USING (centre_id) WHERE c.slug = %(centre)s AND resource.slug = %(place)s

-- name: place_watched_at
SELECT resource_id FROM device_assignment WHERE device_id = %(device_id)s AND starts_at <= %(at)s AND ends_at > %(at)s

-- name: assign_device
SELECT assign_device(%(device_id)s, %(resource_id)s, %(at)s)

-- name: forget_earlier_watch
-- A new device that was registered for a place before it was mounted there: what it measured before does not count.
DELETE FROM device_assignment WHERE device_id = %(device_id)s AND resource_id = %(resource_id)s AND ends_at > %(at)s

-- name: set_retired
UPDATE device SET retired_at = %(at)s WHERE device_id = %(device_id)s AND retired_at IS DISTINCT FROM %(at)s

-- name: assignments
SELECT c.slug AS centre, d.slug AS device, r.slug AS place, nullif(a.starts_at, '-infinity') AS starts_at,
       nullif(a.ends_at, 'infinity') AS ends_at
FROM device_assignment a JOIN device d USING (device_id) JOIN centre c USING (centre_id)
JOIN resource r ON r.resource_id = a.resource_id
WHERE c.slug = %(centre)s AND (%(device)s::text IS NULL OR d.slug = %(device)s)
ORDER BY d.slug, a.starts_at
