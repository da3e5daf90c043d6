-- name: end_alarms
-- Ends the edge's alarms that its newest report does not list. An older report ends nothing.
UPDATE alarm SET ended_at = greatest(%(reported_at)s, since)
FROM centre c WHERE c.centre_id = alarm.centre_id AND c.slug = %(centre)s AND edge = %(edge)s AND ended_at IS NULL
  AND raised_by = 'edge'
  AND since <= %(reported_at)s
  AND NOT EXISTS (SELECT FROM unnest(%(kinds)s::text[], %(devices)s::text[]) AS a (kind, device)
                  WHERE a.kind = alarm.kind AND a.device = alarm.device)

-- name: begin_alarms
INSERT INTO alarm (centre_id, edge, kind, device, since, message)
SELECT c.centre_id, %(edge)s, a.kind, a.device, a.since, a.message
FROM unnest(%(kinds)s::text[], %(devices)s::text[], %(since)s::timestamptz[], %(messages)s::text[])
     AS a (kind, device, since, message), centre c
WHERE c.slug = %(centre)s
ON CONFLICT (centre_id, edge, kind, device) WHERE ended_at IS NULL DO UPDATE SET message = excluded.message

-- name: active_alarms
SELECT c.slug AS centre, a.edge, a.kind, a.device, a.since, a.message
FROM alarm a JOIN centre c USING (centre_id)
WHERE ended_at IS NULL AND (%(centre)s::text IS NULL OR c.slug = %(centre)s)
ORDER BY c.slug, a.since, a.kind, a.device

-- name: begin_silent_gateway_alarms
INSERT INTO alarm (centre_id, edge, kind, device, since, message, raised_by)
SELECT s.centre_id, s.edge, 'gateway_silent', '', s.last_message_at,
       format('nothing has arrived from the gateway since %%s UTC',
              to_char(s.last_message_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')), 'server'
FROM edge_status s WHERE s.last_message_at < %(silent_before)s
ORDER BY s.centre_id, s.edge
ON CONFLICT (centre_id, edge, kind, device) WHERE ended_at IS NULL DO NOTHING
RETURNING (SELECT slug FROM centre c WHERE c.centre_id = alarm.centre_id), edge

-- name: end_silent_gateway_alarms
UPDATE alarm SET ended_at = greatest(s.last_message_at, alarm.since)
FROM edge_status s, centre c
WHERE s.centre_id = alarm.centre_id AND s.edge = alarm.edge AND c.centre_id = alarm.centre_id
  AND alarm.kind = 'gateway_silent' AND alarm.ended_at IS NULL AND s.last_message_at >= %(silent_before)s
RETURNING c.slug, alarm.edge

-- name: begin_server_alarm
INSERT INTO alarm (centre_id, edge, kind, device, since, message, raised_by)
VALUES (%(centre_id)s, %(edge)s, %(kind)s, '', %(at)s, %(message)s, 'server')
ON CONFLICT (centre_id, edge, kind, device) WHERE ended_at IS NULL DO UPDATE SET message = excluded.message

-- name: end_server_alarm
UPDATE alarm SET ended_at = greatest(%(at)s, since)
WHERE centre_id = %(centre_id)s AND edge = %(edge)s AND kind = %(kind)s AND device = '' AND ended_at IS NULL
  AND (%(since_before)s::timestamptz IS NULL OR since < %(since_before)s)

-- name: server_alarms
SELECT a.centre_id, a.edge, a.kind, a.since
FROM alarm a JOIN unnest(%(centre_ids)s::smallint[], %(edges)s::text[]) AS g (centre_id, edge) USING (centre_id, edge)
WHERE a.ended_at IS NULL AND a.kind = ANY(%(kinds)s::text[])
UNION ALL
SELECT centre_id, edge, 'clock_behind', behind_since
FROM edge_clock JOIN unnest(%(centre_ids)s::smallint[], %(edges)s::text[]) AS g (centre_id, edge) USING (centre_id, edge)
