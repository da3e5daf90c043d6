-- What companies order besides time: items that are supplied once, and subscriptions by the month (memberships, lockers).
CREATE TABLE item_order (
    company_id   integer NOT NULL REFERENCES company,
    external_id  text NOT NULL,
    product      text NOT NULL,
    description  text NOT NULL,
    supplied_on  date NOT NULL,
    quantity     numeric(12, 4) NOT NULL CHECK (quantity > 0),
    unit         text NOT NULL CHECK (unit IN ('piece', 'hour', 'day')),
    price        numeric(12, 4) NOT NULL CHECK (price > 0),
    centre_id    smallint REFERENCES centre,
    cancelled_on date,
    PRIMARY KEY (company_id, external_id)
);

-- Several rows of one order are its prices and quantities at different times.
CREATE TABLE subscription (
    company_id   integer NOT NULL REFERENCES company,
    external_id  text NOT NULL,
    product      text NOT NULL,
    description  text NOT NULL,
    valid_from   date NOT NULL,
    valid_until  date CHECK (valid_until > valid_from),
    quantity     integer NOT NULL CHECK (quantity > 0),
    unit         text NOT NULL CHECK (unit IN ('month', 'seat')),
    price        numeric(12, 2) NOT NULL CHECK (price > 0), -- EUR a month
    centre_id    smallint REFERENCES centre,
    cancelled_on date,
    PRIMARY KEY (company_id, external_id, valid_from)
);

-- Which line charges which days of an order. A correction takes the row of its line away before others come; a line that a
-- dispute credited keeps it, so that it is not charged again. An item is charged once, whatever its day.
CREATE TABLE billed_supply (
    invoice_id  bigint NOT NULL,
    line        integer NOT NULL,
    company_id  integer NOT NULL REFERENCES company,
    kind        text NOT NULL CHECK (kind IN ('item', 'subscription')),
    external_id text NOT NULL,
    starts_on   date NOT NULL,
    ends_on     date NOT NULL,
    PRIMARY KEY (invoice_id, line),
    FOREIGN KEY (invoice_id, line) REFERENCES invoice_line,
    CONSTRAINT supplied_once EXCLUDE USING gist (
        company_id WITH =, kind WITH =, external_id WITH =,
        (CASE kind WHEN 'item' THEN '(,)'::daterange ELSE daterange(starts_on, ends_on, '[]') END) WITH &&)
);
CREATE INDEX billed_supply_start ON billed_supply (starts_on);

-- The accounts of the export for accounting: `used_for` is a part of the books (customers, bank, …) or a product. A row with a VAT
-- code is for that code only.
CREATE TABLE account_number (
    used_for text NOT NULL,
    vat_code text NOT NULL DEFAULT '',
    number   text NOT NULL,
    name     text NOT NULL,
    PRIMARY KEY (used_for, vat_code)
);

SELECT keep_in_books(name::regclass) FROM unnest(ARRAY['item_order', 'subscription', 'account_number']) AS name;
