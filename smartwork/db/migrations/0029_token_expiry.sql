-- A token of the API may expire, and shows when it was last used.
ALTER TABLE api_token
    ADD COLUMN expires_at timestamptz CHECK (expires_at > created_at), -- refused from then on; NULL: it does not expire
    ADD COLUMN last_used_at timestamptz;                               -- to the minute, of requests that it authenticated
