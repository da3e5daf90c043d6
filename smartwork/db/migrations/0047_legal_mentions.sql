-- What Belgian law has a company print on its documents (Companies Code, art. 2:20): legal form, court of the register of legal
-- persons, e-mail address and site. All optional; of a centre contract they are those of the payee.

ALTER TABLE seller
    ADD COLUMN legal_form text,
    ADD COLUMN court text,
    ADD COLUMN email text,
    ADD COLUMN website text;
ALTER TABLE company
    ADD COLUMN legal_form text,
    ADD COLUMN court text,
    ADD COLUMN email text,
    ADD COLUMN website text;
ALTER TABLE centre_contract
    ADD COLUMN legal_form text,
    ADD COLUMN court text,
    ADD COLUMN email text,
    ADD COLUMN website text;
