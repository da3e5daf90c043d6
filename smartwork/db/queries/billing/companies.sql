-- name: put_company
INSERT INTO company (slug, name, enterprise_number, street, postcode, town, language, buyer_reference, is_demo,
                     vat_category, vat_rate, vat_code, vat_reason, legal_form, court, email, website,
                     country, foreign_vat_number, scheme, endpoint_id, pdf_in_xml)
VALUES (%(slug)s, %(name)s, %(enterprise_number)s, %(street)s, %(postcode)s, %(town)s, %(language)s,
        %(buyer_reference)s, %(is_demo)s, %(vat_category)s, %(vat_rate)s, %(vat_code)s, %(vat_reason)s,
        %(legal_form)s, %(court)s, %(email)s, %(website)s, %(country)s, %(foreign_vat_number)s, %(scheme)s, %(endpoint_id)s,
        %(pdf_in_xml)s)
ON CONFLICT (slug) DO NOTHING

-- name: put_member
INSERT INTO member (pseudonym, company_id) SELECT %(pseudonym)s, company_id FROM company WHERE slug = %(company)s
ON CONFLICT (pseudonym) DO NOTHING

-- name: companies
SELECT company_id, is_demo, vat_category, vat_rate, vat_code, vat_reason,
       slug, name, enterprise_number, street, postcode, town, language, buyer_reference, legal_form, court, email, website,
       country, foreign_vat_number, scheme, endpoint_id, pdf_in_xml
FROM company
ORDER BY slug

-- name: company_vat
SELECT company_id, valid_from, vat_category, vat_rate, vat_code, vat_reason FROM company_vat ORDER BY company_id, valid_from

-- name: company_parties
SELECT company_id, valid_from, name, enterprise_number, street, postcode, town, legal_form, court, email, website,
       country, foreign_vat_number, scheme, endpoint_id
FROM company_party ORDER BY company_id, valid_from

-- name: company_contracts
-- Oldest first; contracts that name a centre or a kind come before the general ones, so that the last one is general.
SELECT t.company_id, t.valid_from, t.valid_until, t.charge, t.grace_min, t.step_min, t.no_show_share, t.early_leave_refund,
       t.payment_days, t.minimum_min, t.no_show_fee, c.slug AS centre, t.kind, t.cancellation_hours, t.cancellation_share,
       t.cancellation_fee
FROM contract t LEFT JOIN centre c USING (centre_id)
ORDER BY t.company_id, t.centre_id IS NULL AND t.kind IS NULL, t.valid_from, t.contract_id

-- name: company_pools
SELECT company_id, kind, per_hour, overdraft_hours, expires_months FROM prepaid_pool ORDER BY company_id, kind
