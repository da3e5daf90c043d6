-- Columns of bookings take the words of the glossary.
ALTER TABLE verdict RENAME COLUMN ceded_at TO reassigned_at;
ALTER TABLE release RENAME COLUMN said_at TO published_at;
ALTER INDEX release_unsaid RENAME TO release_unpublished;
