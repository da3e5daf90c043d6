-- The ids of bookings, check-ins and Wi-Fi sessions belong to the client that sends them.
--
-- Within a company an id names one booking and one check-in, whoever recorded it, because a company's documents name bookings
-- by their id. The network's own clients (imports, front desk) have one more rule: an id of theirs names one record, also when
-- they move it to a member of another company.

ALTER TABLE member ADD CONSTRAINT member_of_company UNIQUE (member_id, company_id);

ALTER TABLE booking
    ADD COLUMN company_id integer,                           -- the company of the member
    ADD COLUMN client_company_id integer REFERENCES company; -- the client that created it: a company; NULL: the network
ALTER TABLE check_in
    ADD COLUMN company_id integer,
    ADD COLUMN client_company_id integer REFERENCES company;
ALTER TABLE wifi_session ADD COLUMN client_company_id integer REFERENCES company;

-- Nothing changes for reconciliation, so no month becomes stale.
ALTER TABLE booking DISABLE TRIGGER USER;
UPDATE booking b SET company_id = m.company_id FROM member m WHERE m.member_id = b.member_id;
-- Who created an old booking is known if its first author is a token whose name only one company ever used.
UPDATE booking b SET client_company_id = b.company_id
FROM (SELECT 'api ' || name AS author, min(company_id) AS company_id FROM api_token
      GROUP BY name HAVING count(company_id) = count(*) AND count(DISTINCT company_id) = 1) t
WHERE t.company_id = b.company_id
  AND t.author = coalesce((SELECT h.recorded_by FROM booking_history h WHERE h.booking_id = b.booking_id
                           ORDER BY h.version LIMIT 1), b.recorded_by);
ALTER TABLE booking ENABLE TRIGGER USER;
UPDATE check_in k SET company_id = m.company_id FROM member m WHERE m.member_id = k.member_id;

ALTER TABLE booking
    ALTER COLUMN company_id SET NOT NULL,
    DROP CONSTRAINT booking_external_id_key,
    ADD CONSTRAINT booking_id_of_company UNIQUE (company_id, external_id),
    ADD CONSTRAINT booking_company FOREIGN KEY (member_id, company_id) REFERENCES member (member_id, company_id);
CREATE UNIQUE INDEX booking_id_of_network ON booking (external_id) WHERE client_company_id IS NULL;
ALTER TABLE check_in
    ALTER COLUMN company_id SET NOT NULL,
    DROP CONSTRAINT check_in_external_id_key,
    ADD CONSTRAINT check_in_id_of_company UNIQUE (company_id, external_id),
    ADD CONSTRAINT check_in_company FOREIGN KEY (member_id, company_id) REFERENCES member (member_id, company_id);
CREATE UNIQUE INDEX check_in_id_of_network ON check_in (external_id) WHERE client_company_id IS NULL;
ALTER TABLE wifi_session
    DROP CONSTRAINT wifi_session_pkey,
    ADD CONSTRAINT wifi_session_of_client UNIQUE NULLS NOT DISTINCT (client_company_id, centre_id, session);

CREATE FUNCTION set_company_of_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT company_id INTO NEW.company_id FROM member WHERE member_id = NEW.member_id;
    RETURN NEW;
END $$;
CREATE TRIGGER booking_company BEFORE INSERT OR UPDATE OF member_id ON booking
    FOR EACH ROW EXECUTE FUNCTION set_company_of_member();
CREATE TRIGGER check_in_company BEFORE INSERT OR UPDATE OF member_id ON check_in
    FOR EACH ROW EXECUTE FUNCTION set_company_of_member();
