-- name: agreed_orders
-- Orders of hours, those that billing itself made for an overdraft left out; and whether they are on a document.
SELECT l.external_id, c.slug, l.kind, l.bought_on, l.hours,
       EXISTS (SELECT FROM prepaid_entry e WHERE e.prepaid_lot_id = l.prepaid_lot_id)
FROM prepaid_lot l JOIN company c USING (company_id)
WHERE l.external_id NOT LIKE 'overdraft %%'
ORDER BY c.slug, l.bought_on, l.external_id

-- name: lock_agreements
LOCK TABLE agreement_version IN EXCLUSIVE MODE

-- name: clear_seller
DELETE FROM seller

-- name: clear_contracts
DELETE FROM contract

-- name: clear_pools
DELETE FROM prepaid_pool

-- name: clear_tariffs
DELETE FROM tariff

-- name: clear_centre_contracts
DELETE FROM centre_contract

-- name: free_enterprise_numbers
-- Companies may swap numbers: those that change theirs give it up first. 00 is nobody's check digits.
UPDATE company c SET enterprise_number = '1' || lpad(c.company_id::text, 7, '0') || '00'
FROM unnest(%(slugs)s::text[], %(numbers)s::text[]) AS w (slug, number)
WHERE c.slug = w.slug AND c.enterprise_number <> w.number

-- name: change_company
INSERT INTO company (slug, name, enterprise_number, street, postcode, town, language, buyer_reference, is_demo,
                     vat_category, vat_rate, vat_code, vat_reason)
VALUES (%(slug)s, %(name)s, %(enterprise_number)s, %(street)s, %(postcode)s, %(town)s, %(language)s,
        %(buyer_reference)s, false, %(vat_category)s, %(vat_rate)s, %(vat_code)s, %(vat_reason)s)
ON CONFLICT (slug) DO UPDATE
SET name = excluded.name, enterprise_number = excluded.enterprise_number, street = excluded.street,
    postcode = excluded.postcode, town = excluded.town, language = excluded.language,
    buyer_reference = excluded.buyer_reference, vat_category = excluded.vat_category, vat_rate = excluded.vat_rate,
    vat_code = excluded.vat_code, vat_reason = excluded.vat_reason

-- name: remove_order
DELETE FROM prepaid_lot l USING company c
WHERE c.company_id = l.company_id AND c.slug = %(company)s AND l.external_id = %(external_id)s

-- name: put_agreement_version
INSERT INTO agreement_version (at, note, content, format_version)
VALUES (%(at)s, %(note)s, %(content)s, %(format_version)s) RETURNING version

-- name: agreement_versions
SELECT version, at, note FROM agreement_version ORDER BY version

-- name: agreement_content
SELECT content, format_version FROM agreement_version WHERE version = %(version)s

-- name: newest_billed_month
SELECT max(month) FROM invoice

-- name: last_billed_months
SELECT c.slug, max(i.month) FROM invoice i JOIN company c USING (company_id) WHERE i.corrects_id IS NULL GROUP BY c.slug

-- name: billed_visits
SELECT DISTINCT c.slug, k.slug, r.kind, (p.starts_at AT TIME ZONE k.timezone)::date
FROM invoice_proof p
JOIN invoice i USING (invoice_id)
JOIN company c USING (company_id)
JOIN resource r USING (resource_id)
JOIN centre k ON k.centre_id = r.centre_id
WHERE p.starts_at >= %(since)s::timestamp AT TIME ZONE k.timezone
ORDER BY 1, 2, 3, 4

-- name: hours_left
SELECT c.slug, l.kind, sum(e.hours)
FROM prepaid_entry e JOIN prepaid_lot l USING (prepaid_lot_id) JOIN company c USING (company_id)
GROUP BY c.slug, l.kind HAVING sum(e.hours) > 0

-- name: centre_contracts
SELECT c.slug, t.valid_from, t.valid_until, t.mode, t.rate, t.payee, t.enterprise_number, t.street, t.postcode, t.town, t.iban,
       t.language, t.vat_category, t.vat_rate, t.vat_code, t.vat_reason
FROM centre_contract t JOIN centre c USING (centre_id) ORDER BY c.slug, t.valid_from
