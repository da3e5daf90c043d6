-- name: agreed_orders
-- Orders of prepaid hours without the overdrafts that billing sold and the hours that it gave back; `is_billed`: the order is on a document.
SELECT l.external_id, c.slug AS company, l.kind, l.bought_on, l.hours,
       EXISTS (SELECT FROM prepaid_entry e WHERE e.prepaid_lot_id = l.prepaid_lot_id) AS is_billed
FROM prepaid_lot l JOIN company c USING (company_id)
WHERE l.external_id NOT LIKE 'overdraft %%' AND l.returned_from_id IS NULL
ORDER BY c.slug, l.bought_on, l.external_id

-- name: lock_agreements
LOCK TABLE agreement_version IN EXCLUSIVE MODE

-- name: clear_seller
DELETE FROM seller

-- name: clear_contracts
DELETE FROM contract

-- name: clear_company_vat
DELETE FROM company_vat

-- name: clear_company_parties
DELETE FROM company_party

-- name: clear_pools
DELETE FROM prepaid_pool

-- name: clear_tariffs
DELETE FROM tariff

-- name: clear_centre_contracts
DELETE FROM centre_contract

-- name: free_enterprise_numbers
-- Companies may swap their numbers, so each company whose number changes first gets one that no company can have: check
-- digits 00 are never valid.
UPDATE company c SET enterprise_number = '1' || lpad(c.company_id::text, 7, '0') || '00'
FROM unnest(%(slugs)s::text[], %(numbers)s::text[]) AS w (slug, number)
WHERE c.slug = w.slug AND c.enterprise_number <> coalesce(w.number, '')

-- name: change_company
INSERT INTO company (slug, name, enterprise_number, street, postcode, town, language, buyer_reference, is_demo,
                     vat_category, vat_rate, vat_code, vat_reason, legal_form, court, email, website,
                     country, foreign_vat_number, scheme, endpoint_id, pdf_in_xml)
VALUES (%(slug)s, %(name)s, %(enterprise_number)s, %(street)s, %(postcode)s, %(town)s, %(language)s,
        %(buyer_reference)s, false, %(vat_category)s, %(vat_rate)s, %(vat_code)s, %(vat_reason)s,
        %(legal_form)s, %(court)s, %(email)s, %(website)s, %(country)s, %(foreign_vat_number)s, %(scheme)s, %(endpoint_id)s,
        %(pdf_in_xml)s)
ON CONFLICT (slug) DO UPDATE
SET name = excluded.name, enterprise_number = excluded.enterprise_number, street = excluded.street,
    postcode = excluded.postcode, town = excluded.town, language = excluded.language,
    buyer_reference = excluded.buyer_reference, vat_category = excluded.vat_category, vat_rate = excluded.vat_rate,
    vat_code = excluded.vat_code, vat_reason = excluded.vat_reason, legal_form = excluded.legal_form,
    court = excluded.court, email = excluded.email, website = excluded.website,
    country = excluded.country, foreign_vat_number = excluded.foreign_vat_number, scheme = excluded.scheme,
    endpoint_id = excluded.endpoint_id, pdf_in_xml = excluded.pdf_in_xml

-- name: remove_order
DELETE FROM prepaid_lot l USING company c
WHERE c.company_id = l.company_id AND c.slug = %(company)s AND l.external_id = %(external_id)s

-- name: put_agreement_version
INSERT INTO agreement_version (at, note, content, format_version)
VALUES (%(at)s, %(note)s, %(content)s, %(format_version)s) RETURNING version

-- name: agreement_versions
SELECT version, at, note, recorded_by FROM agreement_version ORDER BY version

-- name: agreement_content
SELECT content, format_version FROM agreement_version WHERE version = %(version)s
