-- What a centre is told beside its self-billed document: the month as it stood when it was settled, and what was paid when.
CREATE TABLE centre_statement (
    invoice_id bigint PRIMARY KEY REFERENCES invoice,
    document   jsonb NOT NULL,
    digest     bytea NOT NULL -- SHA-256 of the canonical text
);
CREATE TRIGGER centre_statement_is_final BEFORE UPDATE OR DELETE ON centre_statement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER centre_statement_stays BEFORE TRUNCATE ON centre_statement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'smartwork_books') THEN
        GRANT SELECT, INSERT ON centre_statement TO smartwork_books;
    END IF;
END $$;
