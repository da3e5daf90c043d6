-- Tables and columns of edge reports and light settings get the names of docs/glossary.md.

ALTER TABLE seen_device RENAME TO discovered_device;
ALTER TABLE discovered_device RENAME COLUMN last_at TO last_message_at;
ALTER INDEX seen_device_pkey RENAME TO discovered_device_pkey;
ALTER TABLE discovered_device RENAME CONSTRAINT seen_device_centre_id_fkey TO discovered_device_centre_id_fkey;

ALTER TABLE alarm RENAME COLUMN says TO message;
ALTER INDEX alarm_standing RENAME TO alarm_active;

ALTER TABLE zone_light RENAME TO zone_settings;
ALTER INDEX zone_light_pkey RENAME TO zone_settings_pkey;
ALTER TABLE zone_settings RENAME CONSTRAINT zone_light_zone_id_fkey TO zone_settings_zone_id_fkey;
ALTER TABLE zone_settings RENAME CONSTRAINT zone_light_version_check TO zone_settings_version_check;
