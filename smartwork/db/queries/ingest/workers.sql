-- name: detect_lost_workers
-- A worker whose machine vanished keeps its locks until the server notices: with these settings after about half a minute.
SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
       set_config('tcp_keepalives_count', '4', false), set_config('tcp_user_timeout', '30000', false)

-- name: take_worker_name
-- Held until the connection ends. Returns whether no other connection holds it.
SELECT pg_try_advisory_lock(hashtextextended('smartwork ingest worker ' || %s, 0))

-- name: become_active_worker
-- Held until the connection ends. Returns whether no other connection holds it.
SELECT pg_try_advisory_lock(hashtextextended('smartwork active ingest worker', 0))
