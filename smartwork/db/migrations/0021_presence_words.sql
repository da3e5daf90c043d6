-- Tables, views and functions of retention and of the daily figures by the words of the glossary.
-- Views follow a rename by themselves; the bodies of functions do not, so those are replaced here.

ALTER TABLE use_day RENAME TO daily_use;
ALTER TABLE energy_day RENAME TO daily_energy;
ALTER TABLE centre_peak RENAME TO daily_peak;
ALTER INDEX use_day_pkey RENAME TO daily_use_pkey;
ALTER INDEX energy_day_pkey RENAME TO daily_energy_pkey;
ALTER INDEX centre_peak_pkey RENAME TO daily_peak_pkey;

-- Spans, hours and energy before this instant are final: they are not derived again, because not all raw readings are left.
-- The seven days after the last dropped reading are needed to derive what follows: silences and gaps reach back.
ALTER FUNCTION reading_settled_before() RENAME TO readings_final_before;

DO $migration$
BEGIN
    IF to_regclass('reading_hour_kept') IS NULL THEN
        -- The database server runs retention. Its job is found by the procedure's name, so it is added again.
        PERFORM delete_job(job_id) FROM timescaledb_information.jobs WHERE proc_name = 'keep_years';
        DROP PROCEDURE keep_years(integer, jsonb);
        EXECUTE $$
            CREATE PROCEDURE apply_retention(job_id integer, config jsonb) LANGUAGE plpgsql AS $sql$
            DECLARE
                final_before timestamptz := nullif(readings_final_before(), '-infinity');
            BEGIN
                CALL refresh_continuous_aggregate('reading_hour', final_before, date_trunc('hour', now()) - INTERVAL '1 hour');
                PERFORM drop_readings(now());
            END $sql$
        $$;
        PERFORM add_job('apply_retention', schedule_interval => INTERVAL '30 minutes');
    ELSE
        ALTER TABLE reading_hour_kept RENAME TO reading_hour_stored;
        ALTER TABLE hour_progress RENAME TO reading_hour_progress;
        ALTER TABLE reading_hour_progress RENAME COLUMN seen TO snapshot;
        ALTER TABLE stale_hour RENAME TO reading_hour_queue;
        ALTER VIEW late_hour RENAME TO late_reading_day;
        CREATE OR REPLACE FUNCTION reading_hour_complete_before() RETURNS timestamptz LANGUAGE sql STABLE AS $sql$
            SELECT least((SELECT complete_before FROM reading_hour_progress), (SELECT min(starts_at) FROM reading_hour_queue),
                         (SELECT min(starts_at) FROM late_reading_day))
        $sql$;
    END IF;
END $migration$;
