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
