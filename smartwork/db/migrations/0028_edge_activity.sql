-- When something last arrived from an edge. A status is lost if ingest or the centre did not exist when it was published.
ALTER TABLE edge_status ADD COLUMN last_message_at timestamptz;
UPDATE edge_status SET last_message_at = since;
ALTER TABLE edge_status ALTER COLUMN last_message_at SET NOT NULL;

-- The server raises alarms as well. The report of an edge does not end those.
ALTER TABLE alarm ADD COLUMN raised_by text NOT NULL DEFAULT 'edge' CHECK (raised_by IN ('edge', 'server'));
