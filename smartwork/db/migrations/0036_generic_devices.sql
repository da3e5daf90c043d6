-- How to read and command a device of the family generic, as JSON (smartwork/contracts/generic_rules.py).
ALTER TABLE device ADD COLUMN rules jsonb;
ALTER TABLE device ADD CONSTRAINT generic_devices_have_rules CHECK ((profile = 'generic') = (rules IS NOT NULL));

-- Two channels of one device have one address and differ by the model, which names the channel.
CREATE OR REPLACE FUNCTION refuse_second_address() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    other text;
BEGIN
    IF NEW.profile IS NULL OR NEW.retired_at IS NOT NULL THEN
        RETURN NEW;
    END IF;
    SELECT slug INTO other FROM device
    WHERE centre_id = NEW.centre_id AND profile = NEW.profile AND address = NEW.address AND slug <> NEW.slug
      AND retired_at IS NULL AND coalesce(model, '') = coalesce(NEW.model, '');
    IF FOUND THEN
        RAISE EXCEPTION 'device %: the address % of family % is that of device %', NEW.slug, NEW.address, NEW.profile, other
            USING ERRCODE = 'unique_violation',
                  HINT = 'Retire that device first, or register this one with its own address, or with its channel as the model.';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER device_address_is_its_own ON device;
CREATE TRIGGER device_address_is_its_own BEFORE INSERT OR UPDATE OF profile, address, model, retired_at ON device
    FOR EACH ROW EXECUTE FUNCTION refuse_second_address();
