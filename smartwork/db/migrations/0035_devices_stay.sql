-- The row of a device stays: readings name it by its number, and ingest keeps that number in memory, so a reading could
-- arrive after the row is gone. A device that is no longer used is retired.
CREATE FUNCTION refuse_to_delete_device() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place text;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'devices are not deleted: their readings name them'
            USING ERRCODE = 'restrict_violation', HINT = 'Retire a device: smartwork device retire CENTRE DEVICE';
    END IF;
    SELECT slug INTO place FROM centre WHERE centre_id = OLD.centre_id;
    RAISE EXCEPTION 'device % of centre % is not deleted: %', OLD.slug, place,
        CASE WHEN EXISTS (SELECT FROM reading WHERE device_id = OLD.device_id)
             OR EXISTS (SELECT FROM reading_hour WHERE device_id = OLD.device_id)
             THEN 'its readings name it' ELSE 'readings of it may still arrive' END
        USING ERRCODE = 'restrict_violation', HINT = format('Retire it: smartwork device retire %s %s', place, OLD.slug);
END $$;
CREATE TRIGGER device_is_not_deleted BEFORE DELETE ON device FOR EACH ROW EXECUTE FUNCTION refuse_to_delete_device();
CREATE TRIGGER devices_stay BEFORE TRUNCATE ON device FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_delete_device();

-- Number, centre and name of a device are what its readings are stored by.
CREATE FUNCTION refuse_to_rename_device() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.device_id, NEW.centre_id, NEW.slug) IS DISTINCT FROM (OLD.device_id, OLD.centre_id, OLD.slug) THEN
        RAISE EXCEPTION 'device %: number, centre and name do not change, because readings are stored by them', OLD.slug
            USING ERRCODE = 'restrict_violation', HINT = 'Register another device and retire this one.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER device_keeps_its_name BEFORE UPDATE ON device FOR EACH ROW EXECUTE FUNCTION refuse_to_rename_device();

-- Two entries with one address: the gateway would give all messages to one of them, and the other would be silent for ever.
CREATE FUNCTION refuse_second_address() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    other text;
BEGIN
    SELECT slug INTO other FROM device
    WHERE centre_id = NEW.centre_id AND profile = NEW.profile AND address = NEW.address AND slug <> NEW.slug
      AND retired_at IS NULL;
    IF FOUND AND NEW.retired_at IS NULL THEN
        RAISE EXCEPTION 'device %: the address % of family % is that of device %', NEW.slug, NEW.address, NEW.profile, other
            USING ERRCODE = 'unique_violation', HINT = 'Retire that device first, or register this one with its own address.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER device_address_is_its_own BEFORE INSERT OR UPDATE OF profile, address, retired_at ON device
    FOR EACH ROW EXECUTE FUNCTION refuse_second_address();
