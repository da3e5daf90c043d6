-- name: set_author
-- Sets the author, and the reason in the booking history, until the end of the transaction; returns what they were.
WITH before AS MATERIALIZED (
    SELECT coalesce(current_setting('smartwork.author', true), '') AS author,
           coalesce(current_setting('smartwork.reason', true), '') AS reason
)
SELECT author, reason, set_config('smartwork.author', concat_ws(' by ', %(author)s::text, nullif(author, '')), true),
       set_config('smartwork.reason', %(reason)s, true)
FROM before

-- name: restore_author
SELECT set_config('smartwork.author', %(author)s, true), set_config('smartwork.reason', %(reason)s, true)

-- name: set_session_author
SELECT set_config('smartwork.author', %(author)s, false)
