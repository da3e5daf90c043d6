-- Billed occupancy is the time that a document charges, and no longer time that it only shows.

-- A line that is credited in full holds nothing. Passes are credited in full when the hours beyond them are, too.
WITH credited AS (
    SELECT g.invoice_id, (l -> 'corrects' ->> 'line')::integer AS line
    FROM invoice n
    CROSS JOIN LATERAL jsonb_array_elements(n.document -> 'lines') l
    JOIN invoice g ON g.number = l -> 'corrects' ->> 'number'
    JOIN LATERAL jsonb_array_elements(g.document -> 'lines') x ON x -> 'line' = l -> 'corrects' -> 'line'
    WHERE n.document ->> 'reason' IS NOT NULL
      AND (x ->> 'hours')::numeric = (l ->> 'hours')::numeric AND (x ->> 'quantity')::numeric = (l ->> 'quantity')::numeric
)
DELETE FROM billed_occupancy s USING invoice i, credited c
WHERE i.invoice_id = s.invoice_id AND (c.invoice_id, c.line) = (s.invoice_id, s.line)
  AND NOT EXISTS (
      SELECT FROM jsonb_array_elements(i.document -> 'lines') x
      WHERE (x ->> 'of_line')::integer = s.line
        AND NOT EXISTS (SELECT FROM credited o WHERE (o.invoice_id, o.line) = (s.invoice_id, (x ->> 'line')::integer)));

-- An overstay is held only where it is charged; time of a stuck sensor is not held after a member has left.
UPDATE billed_occupancy s SET period = CASE
    WHEN p.verdict IN ('no_show', 'cancelled') THEN 'empty'::tstzrange
    WHEN p.verdict = 'left_early' THEN tstzrange(p.starts_at, greatest(p.starts_at, (
        SELECT max(least((x ->> 'end')::timestamptz, coalesce((p.evidence ->> 'ceded_at')::timestamptz, p.ends_at)))
        FROM jsonb_array_elements(p.evidence -> 'spans') x
        WHERE x ->> 'state' = 'occupied' AND NOT coalesce((x ->> 'suspect')::boolean, false))))
    WHEN p.evidence ->> 'basis' = 'measured' AND p.evidence ->> 'ceded_at' IS NULL
         AND p.over_s > (i.document -> 'lines' -> (p.line - 1) -> 'terms' ->> 'grace_min')::integer * 60
        THEN tstzrange(p.starts_at, p.ends_at + make_interval(secs => p.over_s - 1))
    ELSE tstzrange(p.starts_at, coalesce((p.evidence ->> 'ceded_at')::timestamptz, p.ends_at))
END
FROM invoice_proof p JOIN invoice i USING (invoice_id)
WHERE (p.invoice_id, p.line, p.proof) = (s.invoice_id, s.line, s.proof);

-- A booking whose line is credited in full is released from its start on, so that its place can be booked for the time.
ALTER TABLE booking
    DROP CONSTRAINT booking_released_within,
    ADD CONSTRAINT booking_released_within CHECK (released_at >= starts_at AND released_at < ends_at);
