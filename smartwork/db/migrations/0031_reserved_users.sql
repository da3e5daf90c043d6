-- A centre's slug is the name of its user on the network broker. These are users of the network itself, with rights for all
-- centres. Centres that exist are not checked.
ALTER TABLE centre ADD CONSTRAINT centre_slug_is_no_user_of_the_network
    CHECK (slug NOT IN ('ingest', 'operator', 'health')) NOT VALID;
