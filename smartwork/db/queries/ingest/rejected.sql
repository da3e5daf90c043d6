-- name: record_rejected
INSERT INTO rejected (arrived_at, topic, reason, outbox_id, n, payload) VALUES (%s, %s, %s, %s, %s, %s)
