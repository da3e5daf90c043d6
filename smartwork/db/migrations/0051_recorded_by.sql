-- Who recorded an event of a document, a posting, a payment order or a version of the agreements, as bookings have it. Rows of
-- earlier versions have NULL: the default is set after the column is added, so that it fills none of them.
ALTER TABLE invoice_event ADD COLUMN recorded_by text;
ALTER TABLE posting ADD COLUMN recorded_by text;
ALTER TABLE payout_order ADD COLUMN recorded_by text;
ALTER TABLE agreement_version ADD COLUMN recorded_by text;

ALTER TABLE invoice_event ALTER COLUMN recorded_by
    SET DEFAULT coalesce(nullif(current_setting('smartwork.author', true), ''), 'smartwork');
ALTER TABLE posting ALTER COLUMN recorded_by
    SET DEFAULT coalesce(nullif(current_setting('smartwork.author', true), ''), 'smartwork');
ALTER TABLE payout_order ALTER COLUMN recorded_by
    SET DEFAULT coalesce(nullif(current_setting('smartwork.author', true), ''), 'smartwork');
ALTER TABLE agreement_version ALTER COLUMN recorded_by
    SET DEFAULT coalesce(nullif(current_setting('smartwork.author', true), ''), 'smartwork');
