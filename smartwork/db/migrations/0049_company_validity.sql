-- VAT, name and address of a company by day: the columns of `company` hold until the first of these periods, each of which holds
-- until the next one.

CREATE TABLE company_vat (
    company_id   integer NOT NULL REFERENCES company,
    valid_from   date NOT NULL,
    vat_category text NOT NULL CHECK (vat_category IN ('S', 'AE', 'E')),
    vat_rate     numeric NOT NULL CHECK (vat_rate >= 0),
    vat_code     text,
    vat_reason   text,
    PRIMARY KEY (company_id, valid_from),
    CHECK ((vat_category = 'S') = (vat_reason IS NULL)),
    CHECK (vat_category = 'S' OR vat_rate = 0)
);

CREATE TABLE company_party (
    company_id        integer NOT NULL REFERENCES company,
    valid_from        date NOT NULL,
    name              text NOT NULL,
    enterprise_number text NOT NULL CHECK (enterprise_number ~ '^[01][0-9]{9}$'),
    street            text NOT NULL,
    postcode          text NOT NULL,
    town              text NOT NULL,
    legal_form        text,
    court             text,
    email             text,
    website           text,
    PRIMARY KEY (company_id, valid_from)
);

-- A month of a company has several documents where its lines cannot stand on one: lines outside the scope of VAT, and lines of a
-- company that is another one in law since.
ALTER TABLE invoice ADD COLUMN part smallint NOT NULL DEFAULT 1 CHECK (part > 0);
DROP INDEX invoice_company_month;
CREATE UNIQUE INDEX invoice_company_month ON invoice (company_id, month, part) WHERE corrects_id IS NULL;
ALTER TABLE invoice_draft
    ADD COLUMN part smallint NOT NULL DEFAULT 1 CHECK (part > 0),
    DROP CONSTRAINT invoice_draft_pkey,
    ADD PRIMARY KEY (company_id, month, part);
