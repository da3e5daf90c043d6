-- name: lock_bank_statements
-- Two imports, or an import and a decision, wait for each other.
SELECT pg_advisory_xact_lock(hashtextextended('bank statements', 7))

-- name: own_accounts
-- The accounts of the network: that of the seller now, and those that documents told companies to pay to.
SELECT iban FROM seller
UNION SELECT document -> 'payment' ->> 'iban' FROM invoice WHERE company_id IS NOT NULL AND document -> 'payment' ->> 'iban' IS NOT NULL
ORDER BY 1

-- name: put_bank_statement
-- No row where the same statement is stored already.
INSERT INTO bank_statement (iban, format, number, opening, opening_on, closing, closing_on, content_digest, file_name, file_digest,
                            imported_at)
VALUES (%(iban)s, %(format)s, %(number)s, %(opening)s, %(opening_on)s, %(closing)s, %(closing_on)s, %(content_digest)s, %(file_name)s,
        %(file_digest)s, %(imported_at)s)
ON CONFLICT (iban, content_digest) DO NOTHING
RETURNING bank_statement_id

-- name: put_bank_entry
INSERT INTO bank_entry (iban, booked_on, amount, facts, posting_id)
VALUES (%(iban)s, %(booked_on)s, %(amount)s, %(facts)s, %(posting_id)s) RETURNING bank_entry_id

-- name: put_bank_entry_source
INSERT INTO bank_entry_source (bank_statement_id, position, bank_entry_id, bank_reference, batch)
VALUES (%(bank_statement_id)s, %(position)s, %(bank_entry_id)s, %(bank_reference)s, %(batch)s)

-- name: bank_entries_of_days
SELECT bank_entry_id, booked_on, amount, facts FROM bank_entry
WHERE iban = %(iban)s AND booked_on BETWEEN %(first)s AND %(last)s ORDER BY bank_entry_id

-- name: bank_entry_sources
SELECT s.bank_entry_id, s.bank_statement_id, t.format, t.number, t.opening, t.closing, s.bank_reference, s.batch
FROM bank_entry_source s JOIN bank_statement t USING (bank_statement_id)
WHERE s.bank_entry_id = ANY(%(entries)s) ORDER BY s.bank_statement_id

-- name: earlier_versions
-- The movements of statements that have the same number and begin as this one: what a corrected statement must list, too.
SELECT DISTINCT s.bank_entry_id, e.booked_on, e.amount
FROM bank_statement t JOIN bank_entry_source s USING (bank_statement_id) JOIN bank_entry e USING (bank_entry_id)
WHERE t.iban = %(iban)s AND t.format = %(format)s AND t.number = %(number)s AND t.opening = %(opening)s
  AND t.opening_on = %(opening_on)s AND t.bank_statement_id <> %(bank_statement_id)s
ORDER BY s.bank_entry_id

-- name: statement_heads
SELECT t.iban, t.bank_statement_id, t.number, t.opening, t.opening_on, t.closing, t.closing_on,
       array_agg(DISTINCT s.bank_entry_id) FILTER (WHERE s.bank_entry_id IS NOT NULL)
FROM bank_statement t LEFT JOIN bank_entry_source s USING (bank_statement_id)
GROUP BY t.bank_statement_id ORDER BY t.bank_statement_id

-- name: bank_entries
-- All movements, each with the statement that listed it first.
SELECT e.bank_entry_id, e.iban, e.booked_on, e.amount, e.facts, e.posting_id, t.number
FROM bank_entry e
JOIN LATERAL (SELECT b.number FROM bank_entry_source s JOIN bank_statement b USING (bank_statement_id)
              WHERE s.bank_entry_id = e.bank_entry_id ORDER BY b.bank_statement_id LIMIT 1) t ON true
ORDER BY e.booked_on, e.bank_entry_id
