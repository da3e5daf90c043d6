-- name: recording_device
SELECT d.device_id FROM device d JOIN centre c USING (centre_id) WHERE c.slug = %(centre)s AND d.slug = %(device)s

-- name: values_before_end
SELECT at, value FROM reading
WHERE device_id = %(device_id)s AND metric = %(metric)s AND at >= %(start)s AND at < %(end)s ORDER BY at, n

-- name: values_to_end
-- As values_before_end, with the end: the last value of a counter closes the last interval.
SELECT at, value FROM reading
WHERE device_id = %(device_id)s AND metric = %(metric)s AND at >= %(start)s AND at <= %(end)s ORDER BY at, n

-- name: first_zone
SELECT z.slug FROM zone z JOIN centre c USING (centre_id) WHERE c.slug = %s ORDER BY z.zone_id LIMIT 1

-- name: centre_timezone
SELECT timezone FROM centre WHERE slug = %s
