-- What was agreed at any time, as files: each change of contracts, tariffs and parties adds one, and any can be put back.
CREATE TABLE agreement_version (
    version integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at      timestamptz NOT NULL,
    note    text NOT NULL,
    content text NOT NULL -- TOML, as `smartwork agreements show` prints it
);
CREATE TRIGGER agreement_version_is_final BEFORE UPDATE OR DELETE ON agreement_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agreement_version_stays BEFORE TRUNCATE ON agreement_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
