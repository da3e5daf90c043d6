-- name: known_centres
SELECT slug, centre_id, timezone FROM centre

-- name: known_outboxes
SELECT c.slug, o.edge, o.epoch, o.outbox_id FROM outbox o JOIN centre c USING (centre_id)

-- name: ensure_outboxes
INSERT INTO outbox (centre_id, edge, epoch)
SELECT centre_id, edge, epoch
FROM unnest(%(centre_ids)s::int[], %(edges)s::text[], %(epochs)s::text[]) AS o (centre_id, edge, epoch) ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING

-- name: outboxes
SELECT outbox_id FROM unnest(%(centre_ids)s::int[], %(edges)s::text[], %(epochs)s::text[])
     WITH ORDINALITY AS o (centre_id, edge, epoch, place)
JOIN outbox USING (centre_id, edge, epoch) ORDER BY place

-- name: known_devices
SELECT c.slug, d.slug, d.device_id FROM device d JOIN centre c USING (centre_id) WHERE centre_id = ANY(%s)

-- name: ensure_devices
-- A device that is in no registry gets a row too, without a profile: its readings are stored.
INSERT INTO device (centre_id, slug)
SELECT centre_id, slug FROM unnest(%(centre_ids)s::int[], %(slugs)s::text[]) AS d (centre_id, slug) ORDER BY 1, 2
ON CONFLICT DO NOTHING
