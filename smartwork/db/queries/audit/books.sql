-- name: book_entries
SELECT number, recorded_at, kind, key, action, content, head FROM book_entry ORDER BY number

-- name: recorded_document
-- A document, and the newest entry that records its row.
SELECT i.document, (SELECT max(e.number) FROM book_entry e WHERE e.kind = 'invoice' AND e.key = i.invoice_id::text)
FROM invoice i WHERE i.number = %(number)s
