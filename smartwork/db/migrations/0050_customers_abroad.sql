-- Companies abroad, and private persons: country, VAT number where it does not follow from a Belgian enterprise number, and the
-- electronic address in Peppol, whose identifier is the enterprise number unless `endpoint_id` names another.

ALTER TABLE company
    ADD COLUMN country text NOT NULL DEFAULT 'BE' CHECK (country ~ '^[A-Z]{2}$'),
    ADD COLUMN foreign_vat_number text,
    ADD COLUMN scheme text DEFAULT '0208',
    ADD COLUMN endpoint_id text,
    ALTER COLUMN enterprise_number DROP NOT NULL,
    DROP CONSTRAINT company_enterprise_number_check,
    DROP CONSTRAINT company_enterprise_number_key,
    ADD CHECK (country <> 'BE' OR enterprise_number ~ '^[01][0-9]{9}$'),
    DROP CONSTRAINT company_vat_category_check,
    ADD CHECK (vat_category IN ('S', 'AE', 'E', 'O'));
CREATE UNIQUE INDEX company_enterprise_number ON company (country, enterprise_number);

ALTER TABLE company_party
    ADD COLUMN country text NOT NULL DEFAULT 'BE' CHECK (country ~ '^[A-Z]{2}$'),
    ADD COLUMN foreign_vat_number text,
    ADD COLUMN scheme text DEFAULT '0208',
    ADD COLUMN endpoint_id text,
    ALTER COLUMN enterprise_number DROP NOT NULL,
    DROP CONSTRAINT company_party_enterprise_number_check,
    ADD CHECK (country <> 'BE' OR enterprise_number ~ '^[01][0-9]{9}$');

ALTER TABLE company_vat
    DROP CONSTRAINT company_vat_vat_category_check,
    ADD CHECK (vat_category IN ('S', 'AE', 'E', 'O'));
