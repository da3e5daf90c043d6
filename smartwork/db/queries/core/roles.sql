-- name: roles_lock
SELECT pg_advisory_lock(7304203)

-- name: roles_unlock
SELECT pg_advisory_unlock(7304203)

-- name: who_am_i
SELECT current_user, rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user

-- name: is_a_member
SELECT pg_has_role(%(member)s, %(role)s, 'set')

-- name: role_attributes
-- Whether a role may do more than a role of a service needs.
SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = %s

-- name: database_owner
SELECT current_database(), pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()

-- name: objects_of_others
-- The statements that give the objects of this schema to `smartwork_owner`. Objects of extensions, and sequences and indexes of a
-- table, are not named: the latter follow their table, as do the chunks of a hypertable.
SELECT statement FROM (
    SELECT 1 AS place, format('ALTER %s %I.%I OWNER TO smartwork_owner',
                              CASE relkind WHEN 'v' THEN CASE WHEN EXISTS (
                                               SELECT FROM timescaledb_information.continuous_aggregates a
                                               WHERE a.view_schema = n.nspname AND a.view_name = c.relname
                                           ) THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END
                                           WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                                           ELSE 'TABLE' END, n.nspname, c.relname) AS statement
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
      AND c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = 'smartwork_owner')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                      AND d.deptype IN ('e', 'a', 'i') AND d.refclassid <> 'pg_namespace'::regclass
                      AND (d.deptype = 'e' OR c.relkind = 'S'))
    UNION ALL
    SELECT 2, format('ALTER %s %s OWNER TO smartwork_owner',
                     CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, p.oid::regprocedure)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public' AND p.proowner <> (SELECT oid FROM pg_roles WHERE rolname = 'smartwork_owner')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
) AS owned ORDER BY place, statement

-- name: give_jobs_to_owner
-- TimescaleDB runs a job with the rights of its owner. Jobs do not follow the owner of their table, and no function changes theirs.
DO $$
BEGIN
    IF EXISTS (SELECT FROM timescaledb_information.jobs WHERE job_id >= 1000 AND owner::text <> 'smartwork_owner') THEN
        UPDATE _timescaledb_config.bgw_job SET owner = 'smartwork_owner' WHERE id >= 1000;
    END IF;
END $$

-- name: has_timescaledb
SELECT to_regclass('timescaledb_information.jobs') IS NOT NULL
