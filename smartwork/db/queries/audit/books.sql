-- name: book_entries
SELECT number, recorded_at, kind, key, action, content, head FROM book_entry ORDER BY number
