-- name: store_discovered_devices
INSERT INTO discovered_device (centre_id, profile, address, topic, last_message_at)
SELECT c.centre_id, s.profile, s.address, s.topic, s.last_message_at
FROM unnest(%(profiles)s::text[], %(addresses)s::text[], %(topics)s::text[], %(last_message_at)s::timestamptz[])
     AS s (profile, address, topic, last_message_at), centre c
WHERE c.slug = %(centre)s
ON CONFLICT (centre_id, profile, address)
DO UPDATE SET topic = excluded.topic, last_message_at = excluded.last_message_at
WHERE discovered_device.last_message_at <= excluded.last_message_at

-- name: forget_discovered_devices
DELETE FROM discovered_device d
USING (SELECT o.centre_id, o.profile, o.address FROM discovered_device o JOIN centre c USING (centre_id)
       WHERE c.slug = %(centre)s ORDER BY last_message_at DESC, profile, address OFFSET %(most_devices)s) AS old
WHERE d.centre_id = old.centre_id AND d.profile = old.profile AND d.address = old.address

-- name: discovered_devices
SELECT c.slug AS centre, s.profile, s.address, s.topic, s.last_message_at
FROM discovered_device s JOIN centre c USING (centre_id)
WHERE NOT EXISTS (SELECT FROM device d WHERE d.centre_id = s.centre_id AND d.profile = s.profile AND d.address = s.address
                    AND d.retired_at IS NULL)
  AND (%(centre)s::text IS NULL OR c.slug = %(centre)s)
ORDER BY c.slug, s.last_message_at DESC, s.address
