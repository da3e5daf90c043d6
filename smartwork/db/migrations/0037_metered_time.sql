-- Energy figures cover metered time only and state its share. NULL on days that were computed before this migration.
ALTER TABLE daily_energy
    ADD COLUMN metered_s integer CHECK (metered_s >= 0),
    ADD COLUMN elapsed_s integer CHECK (elapsed_s >= metered_s);

COMMENT ON COLUMN daily_energy.baseline_wh IS 'IPMVP option A: rated power × metered time in opening hours';
COMMENT ON COLUMN daily_energy.metered_s IS 'seconds of the day for which the energy of the zone is known';
COMMENT ON COLUMN daily_energy.elapsed_s IS 'seconds of the day that had passed when it was computed';

-- Earlier versions judged bookings that had not ended. The next run judges their places again.
INSERT INTO stale_verdict (resource_id, month)
SELECT DISTINCT v.resource_id, date_trunc('month', v.starts_at AT TIME ZONE c.timezone)::date
FROM verdict v JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
WHERE v.ends_at > now()
ON CONFLICT DO NOTHING;
