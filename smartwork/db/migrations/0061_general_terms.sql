-- The general terms under which the network sells: which version, and where they can be read. Both optional.
ALTER TABLE seller
    ADD COLUMN terms_version text,
    ADD COLUMN terms_url text;
