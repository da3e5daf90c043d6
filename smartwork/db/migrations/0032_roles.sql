-- The roles of the services. They belong to the server, not to one database, so they may exist already; a role that may not
-- create them leaves that to `smartwork roles`. What each may do is in queries/core/privileges.sql: `smartwork migrate`
-- grants it after the last migration. docs/security.md lists them.
DO $$
DECLARE
    missing text;
BEGIN
    FOR missing IN
        SELECT name FROM unnest(ARRAY['smartwork_owner', 'smartwork_books', 'smartwork_ingest', 'smartwork_worker',
                                      'smartwork_api', 'smartwork_dashboard']) AS name
        WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
    LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', missing);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN RAISE NOTICE 'role % is missing; an administrator runs: smartwork roles', missing;
        END;
    END LOOP;
END $$;

-- Ingest drops old readings through this function, which runs with the rights of the owner of the table. A role that is not
-- a member of the owner cannot name a later moment than now, and so cannot drop readings that are not old.
CREATE OR REPLACE FUNCTION drop_readings(moment timestamptz)
RETURNS TABLE (chunk text, starts_at timestamptz, ends_at timestamptz, bytes bigint) LANGUAGE plpgsql AS $$
DECLARE
    horizon timestamptz;
BEGIN
    IF NOT pg_has_role(session_user, current_user, 'member') THEN
        moment := least(moment, clock_timestamp());
    END IF;
    SELECT min(l.before) INTO horizon FROM retention_limits(moment) l;
    IF NOT EXISTS (SELECT FROM reading_chunks_before(horizon)) THEN
        RETURN;
    END IF;
    LOCK TABLE ONLY reading IN EXCLUSIVE MODE;
    SELECT min(l.before) INTO horizon FROM retention_limits(moment) l;
    RETURN QUERY SELECT * FROM reading_chunks_before(horizon);
    UPDATE retention SET dropped_before = greatest(dropped_before, gone.ends_at)
    FROM (SELECT max(c.ends_at) AS ends_at FROM reading_chunks_before(horizon) c) AS gone;
    PERFORM drop_chunks('reading', older_than => horizon);
END $$;
