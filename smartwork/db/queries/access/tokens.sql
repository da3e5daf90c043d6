-- name: put_token
INSERT INTO api_token (name, digest, company_id, scopes, created_at)
VALUES (%(name)s, %(digest)s, (SELECT company_id FROM company WHERE slug = %(company)s), %(scopes)s, %(at)s)
ON CONFLICT DO NOTHING RETURNING api_token_id

-- name: company_exists
SELECT count(*) FROM company WHERE slug = %s

-- name: tokens
SELECT t.name, c.slug AS company, t.scopes, t.created_at, t.revoked_at FROM api_token t LEFT JOIN company c USING (company_id)
ORDER BY t.revoked_at IS NOT NULL, t.name, t.created_at

-- name: revoke_token
UPDATE api_token SET revoked_at = %(at)s WHERE name = %(name)s AND revoked_at IS NULL RETURNING api_token_id

-- name: token_by_digest
SELECT t.name, t.company_id, c.slug, t.scopes FROM api_token t LEFT JOIN company c USING (company_id)
WHERE t.digest = %s AND t.revoked_at IS NULL
