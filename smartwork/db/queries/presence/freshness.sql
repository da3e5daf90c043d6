-- name: stale_count
SELECT count(*) FROM span_queue
