-- name: put_company
INSERT INTO company (slug, name, enterprise_number, street, postcode, town, language, buyer_reference, is_demo,
                     vat_category, vat_rate, vat_code, vat_reason)
VALUES (%(slug)s, %(name)s, %(enterprise_number)s, %(street)s, %(postcode)s, %(town)s, %(language)s,
        %(buyer_reference)s, %(is_demo)s, %(vat_category)s, %(vat_rate)s, %(vat_code)s, %(vat_reason)s)
ON CONFLICT (slug) DO NOTHING

-- name: put_member
INSERT INTO member (pseudonym, company_id) SELECT %(pseudonym)s, company_id FROM company WHERE slug = %(company)s
ON CONFLICT (pseudonym) DO NOTHING
