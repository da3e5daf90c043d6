-- name: put_token
INSERT INTO api_token (name, digest, company_id, scopes, created_at, expires_at)
VALUES (%(name)s, %(digest)s, (SELECT company_id FROM company WHERE slug = %(company)s), %(scopes)s, %(at)s, %(expires_at)s)
ON CONFLICT DO NOTHING RETURNING api_token_id

-- name: company_exists
SELECT count(*) FROM company WHERE slug = %s

-- name: tokens
SELECT t.name, c.slug AS company, t.scopes, t.created_at, t.revoked_at, t.expires_at, t.last_used_at
FROM api_token t LEFT JOIN company c USING (company_id)
ORDER BY t.revoked_at IS NOT NULL, t.name, t.created_at

-- name: revoke_token
UPDATE api_token SET revoked_at = %(at)s WHERE name = %(name)s AND revoked_at IS NULL RETURNING api_token_id

-- name: set_token_expiry
UPDATE api_token SET expires_at = %(expires_at)s WHERE name = %(name)s AND revoked_at IS NULL RETURNING api_token_id

-- name: use_token
-- The token with this digest. Its last use is written at most once a minute, so that requests seldom write.
WITH used AS (
    UPDATE api_token SET last_used_at = %(at)s
    WHERE digest = %(digest)s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %(at)s)
      AND (last_used_at IS NULL OR last_used_at < %(at)s::timestamptz - interval '1 minute')
)
SELECT t.name, t.company_id, c.slug AS company, t.scopes, t.revoked_at IS NOT NULL AS is_revoked,
       coalesce(t.expires_at <= %(at)s, false) AS is_expired
FROM api_token t LEFT JOIN company c USING (company_id)
WHERE t.digest = %(digest)s
