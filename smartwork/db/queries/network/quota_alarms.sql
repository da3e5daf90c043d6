-- name: raise_quota_alarms
INSERT INTO alarm (centre_id, edge, kind, device, since, message, raised_by)
SELECT c.centre_id, 'gateway', 'over_quota', '', %(at)s, a.message, 'server'
FROM unnest(%(centres)s::text[], %(messages)s::text[]) AS a (centre, message) JOIN centre c ON c.slug = a.centre
ORDER BY c.centre_id
ON CONFLICT (centre_id, edge, kind, device) WHERE ended_at IS NULL DO UPDATE SET message = excluded.message
RETURNING (SELECT slug FROM centre c WHERE c.centre_id = alarm.centre_id), since = %(at)s

-- name: end_quota_alarms
UPDATE alarm SET ended_at = greatest(%(at)s, alarm.since)
FROM centre c
WHERE c.centre_id = alarm.centre_id AND alarm.kind = 'over_quota' AND alarm.raised_by = 'server' AND alarm.ended_at IS NULL
  AND NOT c.slug = ANY(%(centres)s::text[])
