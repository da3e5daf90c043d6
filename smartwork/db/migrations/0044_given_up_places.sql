-- A booking that was credited in full gives up its place for all of its time where another booking has that time.
ALTER TABLE verdict
    DROP CONSTRAINT verdict_check1,
    ADD CONSTRAINT verdict_reassigned_within CHECK (reassigned_at >= starts_at AND reassigned_at < ends_at);
