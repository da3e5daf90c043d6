-- name: copy_rejected
COPY rejected (arrived_at, topic, reason, outbox_id, n, payload) FROM STDIN

-- name: record_refused_batch
INSERT INTO rejected (arrived_at, topic, reason, outbox_id, n, payload)
SELECT %(arrived_at)s, %(topic)s, %(reason)s, %(outbox_id)s, %(n)s::bigint, %(payload)s
WHERE NOT EXISTS (SELECT FROM rejected WHERE outbox_id = %(outbox_id)s AND n IS NULL AND md5(payload) = md5(%(payload)s::bytea))
