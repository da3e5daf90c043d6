-- Where a released desk was booked by another before the first booking's end: from here on presence is the other's.
ALTER TABLE verdict ADD COLUMN ceded_at timestamptz CHECK (ceded_at > starts_at AND ceded_at < ends_at);
