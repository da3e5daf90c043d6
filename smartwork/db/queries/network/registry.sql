-- name: centre_slugs
SELECT slug FROM centre ORDER BY slug

-- name: put_operator
INSERT INTO operator (name, kind, enterprise_number) VALUES (%(name)s, %(kind)s, %(enterprise_number)s)
ON CONFLICT (name) DO NOTHING

-- name: put_centre
INSERT INTO centre (slug, name, operator_id, region, town, latitude, longitude, timezone, opens, closes, open_days,
                    plan_width_m, plan_height_m, is_demo)
SELECT %(slug)s, %(name)s, operator_id, %(region)s, %(town)s, %(latitude)s, %(longitude)s, %(timezone)s, %(opens)s,
       %(closes)s, %(open_days)s, %(plan_width_m)s, %(plan_height_m)s, %(is_demo)s
FROM operator WHERE name = %(operator)s
ON CONFLICT (slug) DO NOTHING

-- name: put_closure
INSERT INTO closure (centre_id, day, reason) SELECT centre_id, %(day)s, %(reason)s FROM centre WHERE slug = %(centre)s
ON CONFLICT DO NOTHING

-- name: put_zone
INSERT INTO zone (centre_id, slug, name, area_m2, light_power_w, x_m, y_m, width_m, height_m)
SELECT centre_id, %(slug)s, %(name)s, %(area_m2)s, %(light_power_w)s, %(x_m)s, %(y_m)s, %(width_m)s, %(height_m)s
FROM centre WHERE slug = %(centre)s
ON CONFLICT DO NOTHING

-- name: put_resource
INSERT INTO resource (centre_id, zone_id, slug, name, kind, seats, x_m, y_m, width_m, height_m)
SELECT c.centre_id, z.zone_id, %(slug)s, %(name)s, %(kind)s, %(seats)s, %(x_m)s, %(y_m)s, %(width_m)s, %(height_m)s
FROM centre c JOIN zone z ON z.centre_id = c.centre_id AND z.slug = %(zone)s WHERE c.slug = %(centre)s
ON CONFLICT DO NOTHING

-- name: put_device
-- A device that was seen before it was claimed gets its place now.
INSERT INTO device (centre_id, slug, profile, address, interval_s, role, model, zone_id, resource_id)
SELECT c.centre_id, %(slug)s, %(profile)s, %(address)s, %(interval_s)s, %(role)s, %(model)s,
       (SELECT zone_id FROM zone z WHERE z.centre_id = c.centre_id AND z.slug = %(zone)s),
       (SELECT resource_id FROM resource r WHERE r.centre_id = c.centre_id AND r.slug = %(resource)s)
FROM centre c WHERE c.slug = %(centre)s
ON CONFLICT (centre_id, slug) DO UPDATE
SET profile = excluded.profile, address = excluded.address, interval_s = excluded.interval_s,
    role = excluded.role, model = excluded.model, zone_id = excluded.zone_id, resource_id = excluded.resource_id
WHERE device.profile IS NULL

-- name: put_company
INSERT INTO company (slug, name, enterprise_number, street, postcode, town, language, buyer_reference, is_demo,
                     vat_category, vat_rate, vat_code, vat_reason)
VALUES (%(slug)s, %(name)s, %(enterprise_number)s, %(street)s, %(postcode)s, %(town)s, %(language)s,
        %(buyer_reference)s, %(is_demo)s, %(vat_category)s, %(vat_rate)s, %(vat_code)s, %(vat_reason)s)
ON CONFLICT (slug) DO NOTHING

-- name: put_contract
INSERT INTO contract (company_id, valid_from, valid_until, charge, grace_min, step_min, no_show_share, early_leave_refund,
                      payment_days, minimum_min, no_show_fee, centre_id, kind)
SELECT company_id, %(valid_from)s, %(valid_until)s, %(charge)s, %(grace_min)s, %(step_min)s, %(no_show_share)s,
       %(early_leave_refund)s, %(payment_days)s, %(minimum_min)s, %(no_show_fee)s,
       (SELECT centre_id FROM centre WHERE slug = %(centre)s), %(kind)s
FROM company WHERE slug = %(company)s
ON CONFLICT DO NOTHING

-- name: put_pool
INSERT INTO prepaid_pool (company_id, kind, per_hour, overdraft_hours, expires_months)
SELECT company_id, %(kind)s, %(per_hour)s, %(overdraft_hours)s, %(expires_months)s FROM company WHERE slug = %(company)s
ON CONFLICT DO NOTHING

-- name: put_purchase
INSERT INTO prepaid_lot (company_id, external_id, kind, bought_on, expires_on, hours, per_hour)
SELECT company_id, %(lot)s, %(kind)s, %(bought_on)s, %(expires_on)s, %(hours)s, %(per_hour)s
FROM company WHERE slug = %(company)s
ON CONFLICT (company_id, external_id) DO NOTHING

-- name: put_seller
INSERT INTO seller (name, enterprise_number, street, postcode, town, country, scheme, iban)
VALUES (%(name)s, %(enterprise_number)s, %(street)s, %(postcode)s, %(town)s, %(country)s, %(scheme)s, %(iban)s)
ON CONFLICT DO NOTHING

-- name: put_centre_contract
INSERT INTO centre_contract (centre_id, valid_from, valid_until, mode, rate, payee, enterprise_number, street, postcode, town,
                             iban, language, vat_category, vat_rate, vat_code, vat_reason)
SELECT centre_id, %(valid_from)s, %(valid_until)s, %(mode)s, %(rate)s, %(payee)s, %(enterprise_number)s, %(street)s,
       %(postcode)s, %(town)s, %(iban)s, %(language)s, %(vat_category)s, %(vat_rate)s, %(vat_code)s, %(vat_reason)s
FROM centre WHERE slug = %(centre)s
ON CONFLICT DO NOTHING

-- name: put_member
INSERT INTO member (pseudonym, company_id) SELECT %(pseudonym)s, company_id FROM company WHERE slug = %(company)s
ON CONFLICT (pseudonym) DO NOTHING

-- name: put_tariff
INSERT INTO tariff (centre_id, kind, valid_from, valid_until, per_hour, half_day, half_day_hours, day)
VALUES ((SELECT centre_id FROM centre WHERE slug = %(centre)s), %(kind)s, %(valid_from)s, %(valid_until)s, %(per_hour)s,
        %(half_day)s, %(half_day_hours)s, %(day)s)
ON CONFLICT DO NOTHING

-- name: stage_bookings
CREATE TEMPORARY TABLE IF NOT EXISTS staged_booking (
    external_id text, centre text, resource text, member text, starts_at timestamptz, ends_at timestamptz, status text)

-- name: copy_staged_bookings
COPY staged_booking FROM STDIN

-- name: take_staged_bookings
-- What an invoice rests on is not changed by a later delivery of the same booking.
INSERT INTO booking (external_id, resource_id, member_id, starts_at, ends_at, status)
SELECT s.external_id, r.resource_id, m.member_id, s.starts_at, s.ends_at, s.status
FROM staged_booking s
JOIN centre c ON c.slug = s.centre
JOIN resource r ON r.centre_id = c.centre_id AND r.slug = s.resource
JOIN member m ON m.pseudonym = s.member
ON CONFLICT (external_id) DO UPDATE
SET resource_id = excluded.resource_id, member_id = excluded.member_id, starts_at = excluded.starts_at,
    ends_at = excluded.ends_at, status = excluded.status, released_at = NULL
WHERE (booking.resource_id, booking.member_id, booking.starts_at, booking.ends_at, booking.status)
      IS DISTINCT FROM (excluded.resource_id, excluded.member_id, excluded.starts_at, excluded.ends_at, excluded.status)
  AND NOT EXISTS (SELECT FROM invoice_line l WHERE l.booking_id = booking.booking_id)
  AND NOT EXISTS (SELECT FROM invoice_proof p WHERE p.booking_id = booking.booking_id)

-- name: clear_staged_bookings
TRUNCATE staged_booking

-- name: stage_check_ins
CREATE TEMPORARY TABLE IF NOT EXISTS staged_check_in (
    external_id text, centre text, resource text, member text, at timestamptz, method text)

-- name: copy_staged_check_ins
COPY staged_check_in FROM STDIN

-- name: take_staged_check_ins
INSERT INTO check_in (external_id, resource_id, member_id, at, method)
SELECT s.external_id, r.resource_id, m.member_id, s.at, s.method
FROM staged_check_in s
JOIN centre c ON c.slug = s.centre
JOIN resource r ON r.centre_id = c.centre_id AND r.slug = s.resource
JOIN member m ON m.pseudonym = s.member
ON CONFLICT (external_id) DO NOTHING

-- name: clear_staged_check_ins
TRUNCATE staged_check_in

-- name: policy_devices
SELECT d.slug, d.profile, d.address, d.interval_s, d.model, d.role, z.slug, r.slug
FROM device d JOIN centre c USING (centre_id) LEFT JOIN resource r USING (resource_id)
LEFT JOIN zone z ON z.zone_id = coalesce(d.zone_id, r.zone_id)
WHERE c.slug = %s AND d.profile IS NOT NULL AND r.kind IS DISTINCT FROM 'recording'
ORDER BY d.slug

-- name: newest_policy
SELECT p.version, p.content, c.timezone FROM centre c LEFT JOIN LATERAL (
    SELECT version, content FROM policy WHERE policy.centre_id = c.centre_id ORDER BY version DESC LIMIT 1
) p ON true WHERE c.slug = %s

-- name: put_policy
INSERT INTO policy (centre_id, version, content, published_at)
SELECT centre_id, %(version)s, %(content)s, %(published_at)s FROM centre WHERE slug = %(centre)s
