-- name: account_numbers
SELECT used_for, number, name, vat_code FROM account_number ORDER BY used_for, vat_code

-- name: put_account_number
INSERT INTO account_number (used_for, number, name, vat_code) VALUES (%(used_for)s, %(number)s, %(name)s, %(vat_code)s)

-- name: clear_account_numbers
DELETE FROM account_number
