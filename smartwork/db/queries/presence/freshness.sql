-- name: stale_count
SELECT count(*) FROM stale_span
