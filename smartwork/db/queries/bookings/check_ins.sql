-- name: stage_check_ins
CREATE TEMPORARY TABLE IF NOT EXISTS staged_check_in (
    external_id text, centre text, resource text, member text, at timestamptz, method text)

-- name: copy_staged_check_ins
COPY staged_check_in FROM STDIN

-- name: take_staged_check_ins
-- `company_id` is the company whose client sends them, NULL for the network's own; a company's members only are its own. Of
-- these the time of arrival is stored.
-- A check-in that exists is left unchanged and returns no row.
INSERT INTO check_in (client_company_id, external_id, resource_id, member_id, at, method, recorded_at)
SELECT %(company_id)s::int, s.external_id, r.resource_id, m.member_id, s.at, s.method,
       CASE WHEN %(company_id)s::int IS NOT NULL THEN %(arrived_at)s::timestamptz END
FROM staged_check_in s
JOIN centre c ON c.slug = s.centre
JOIN resource r ON r.centre_id = c.centre_id AND r.slug = s.resource
JOIN member m ON m.pseudonym = s.member AND (%(company_id)s::int IS NULL OR m.company_id = %(company_id)s)
ON CONFLICT DO NOTHING RETURNING external_id

-- name: clear_staged_check_ins
TRUNCATE staged_check_in
