-- name: put_accounts
INSERT INTO account (code) SELECT unnest(%(codes)s::text[]) ON CONFLICT (code) DO NOTHING

-- name: put_posting
INSERT INTO posting (kind, month, posted_on, invoice_id)
VALUES (%(kind)s, %(month)s, %(posted_on)s, (SELECT invoice_id FROM invoice WHERE number = %(document)s))
RETURNING posting_id

-- name: put_entries
INSERT INTO entry (posting_id, account_id, amount)
SELECT %(posting_id)s, account_id, amount
FROM unnest(%(codes)s::text[], %(amounts)s::numeric[]) AS e (code, amount) JOIN account USING (code)

-- name: balances
SELECT a.code, sum(e.amount) FROM entry e JOIN account a USING (account_id) GROUP BY a.code ORDER BY a.code

-- name: postings_between
SELECT p.posting_id, p.kind, p.month, p.posted_on, i.number, i.document, i.digest, array_agg(a.code ORDER BY a.code),
       array_agg(e.amount ORDER BY a.code)
FROM posting p LEFT JOIN invoice i USING (invoice_id) JOIN entry e USING (posting_id) JOIN account a USING (account_id)
WHERE p.posted_on >= %(since)s AND p.posted_on < %(until)s
GROUP BY p.posting_id, i.invoice_id ORDER BY p.posted_on, p.posting_id
