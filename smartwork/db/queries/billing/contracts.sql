-- name: put_contract
INSERT INTO contract (company_id, valid_from, valid_until, charge, grace_min, step_min, no_show_share, early_leave_refund,
                      payment_days, minimum_min, no_show_fee, centre_id, kind, cancellation_hours, cancellation_share,
                      cancellation_fee)
SELECT company_id, %(valid_from)s, %(valid_until)s, %(charge)s, %(grace_min)s, %(step_min)s, %(no_show_share)s,
       %(early_leave_refund)s, %(payment_days)s, %(minimum_min)s, %(no_show_fee)s,
       (SELECT centre_id FROM centre WHERE slug = %(centre)s), %(kind)s, %(cancellation_hours)s, %(cancellation_share)s,
       %(cancellation_fee)s
FROM company WHERE slug = %(company)s
ON CONFLICT DO NOTHING

-- name: put_company_vat
INSERT INTO company_vat (company_id, valid_from, vat_category, vat_rate, vat_code, vat_reason)
SELECT company_id, %(valid_from)s, %(vat_category)s, %(vat_rate)s, %(vat_code)s, %(vat_reason)s
FROM company WHERE slug = %(company)s
ON CONFLICT DO NOTHING

-- name: put_company_party
INSERT INTO company_party (company_id, valid_from, name, enterprise_number, street, postcode, town, legal_form, court, email,
                           website, country, foreign_vat_number, scheme, endpoint_id)
SELECT company_id, %(valid_from)s, %(name)s, %(enterprise_number)s, %(street)s, %(postcode)s, %(town)s, %(legal_form)s,
       %(court)s, %(email)s, %(website)s, %(country)s, %(foreign_vat_number)s, %(scheme)s, %(endpoint_id)s
FROM company WHERE slug = %(company)s
ON CONFLICT DO NOTHING

-- name: put_pool
INSERT INTO prepaid_pool (company_id, kind, per_hour, overdraft_hours, expires_months)
SELECT company_id, %(kind)s, %(per_hour)s, %(overdraft_hours)s, %(expires_months)s FROM company WHERE slug = %(company)s
ON CONFLICT DO NOTHING

-- name: put_prepaid_order
INSERT INTO prepaid_lot (company_id, external_id, kind, bought_on, expires_on, hours, per_hour)
SELECT company_id, %(lot)s, %(kind)s, %(bought_on)s, %(expires_on)s, %(hours)s, %(per_hour)s
FROM company WHERE slug = %(company)s
ON CONFLICT (company_id, external_id) DO NOTHING

-- name: put_seller
INSERT INTO seller (name, enterprise_number, street, postcode, town, country, scheme, iban, legal_form, court, email, website,
                    terms_version, terms_url)
VALUES (%(name)s, %(enterprise_number)s, %(street)s, %(postcode)s, %(town)s, %(country)s, %(scheme)s, %(iban)s,
        %(legal_form)s, %(court)s, %(email)s, %(website)s, %(terms_version)s, %(terms_url)s)
ON CONFLICT DO NOTHING

-- name: put_centre_contract
INSERT INTO centre_contract (centre_id, valid_from, valid_until, mode, rate, payee, enterprise_number, street, postcode, town,
                             iban, language, vat_category, vat_rate, vat_code, vat_reason, legal_form, court, email, website,
                             self_billing_version, self_billing_signed_on, self_billing_signed_by, self_billing_valid_until,
                             silent_after_days)
SELECT centre_id, %(valid_from)s, %(valid_until)s, %(mode)s, %(rate)s, %(payee)s, %(enterprise_number)s, %(street)s,
       %(postcode)s, %(town)s, %(iban)s, %(language)s, %(vat_category)s, %(vat_rate)s, %(vat_code)s, %(vat_reason)s,
       %(legal_form)s, %(court)s, %(email)s, %(website)s, %(self_billing_version)s, %(self_billing_signed_on)s,
       %(self_billing_signed_by)s, %(self_billing_valid_until)s, %(silent_after_days)s
FROM centre WHERE slug = %(centre)s
ON CONFLICT DO NOTHING

-- name: put_tariff
INSERT INTO tariff (centre_id, kind, valid_from, valid_until, per_hour, half_day, half_day_hours, day)
VALUES ((SELECT centre_id FROM centre WHERE slug = %(centre)s), %(kind)s, %(valid_from)s, %(valid_until)s, %(per_hour)s,
        %(half_day)s, %(half_day_hours)s, %(day)s)
ON CONFLICT DO NOTHING

-- name: centre_contracts
SELECT c.slug AS centre, t.valid_from, t.valid_until, t.mode, t.rate, t.payee, t.enterprise_number, t.street, t.postcode, t.town, t.iban,
       t.language, t.vat_category, t.vat_rate, t.vat_code, t.vat_reason, t.legal_form, t.court, t.email, t.website,
       t.self_billing_version, t.self_billing_signed_on, t.self_billing_signed_by, t.self_billing_valid_until, t.silent_after_days
FROM centre_contract t JOIN centre c USING (centre_id) ORDER BY c.slug, t.valid_from

-- name: tariffs
SELECT c.slug AS centre, t.kind, t.valid_from, t.per_hour, t.valid_until, t.half_day, t.half_day_hours, t.day
FROM tariff t LEFT JOIN centre c USING (centre_id)
ORDER BY t.tariff_id

-- name: seller
SELECT name, enterprise_number, street, postcode, town, country, scheme, iban, legal_form, court, email, website, terms_version,
       terms_url FROM seller
