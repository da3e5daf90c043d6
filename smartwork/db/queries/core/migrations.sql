-- name: migration_lock
SELECT pg_advisory_lock(7304201)

-- name: migration_unlock
SELECT pg_advisory_unlock(7304201)

-- name: create_migration_table
CREATE TABLE IF NOT EXISTS schema_migration (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)

-- name: applied_migrations
SELECT number, name, checksum FROM schema_migration ORDER BY number

-- name: record_migration
INSERT INTO schema_migration (number, name, checksum) VALUES (%s, %s, %s)

-- name: has_migration_table
SELECT to_regclass('schema_migration') IS NOT NULL

-- name: has_any_table
SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema())
