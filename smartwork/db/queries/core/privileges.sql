-- name: missing_roles
SELECT name FROM unnest(%s::text[]) AS name WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)

-- name: revoke_privileges
-- What the roles may do is stated below and nowhere else: whatever an earlier version granted is taken back first.
REVOKE ALL ON ALL TABLES IN SCHEMA public
FROM smartwork_books, smartwork_ingest, smartwork_worker, smartwork_api, smartwork_dashboard;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public
FROM smartwork_books, smartwork_ingest, smartwork_worker, smartwork_api, smartwork_dashboard;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO smartwork_books, smartwork_ingest, smartwork_worker, smartwork_api, smartwork_dashboard

-- name: grant_to_ingest
-- It stores what edges send, derives spans, releases places and runs retention. It reads no prices and no documents.
GRANT SELECT ON centre, zone, resource, device, outbox, batch, edge_day, edge_status, rejected, reading, span, span_queue,
    stale_verdict, alarm, discovered_device, booking, booking_history, check_in, member, wifi_session, release, release_policy,
    policy, operator, retention, ledger_day, schema_migration, device_assignment, place_span_queue, gateway_lease, edge_clock,
    ledger_gap, field_not_understood
    TO smartwork_ingest;
GRANT INSERT ON device, outbox, batch, edge_day, edge_status, rejected, reading, span, span_queue, stale_verdict, alarm,
    discovered_device, field_not_understood, release, gateway_lease, edge_clock TO smartwork_ingest;
GRANT UPDATE ON edge_day, edge_status, span, span_queue, place_span_queue, alarm, discovered_device, gateway_lease
    TO smartwork_ingest;
GRANT UPDATE (resends) ON batch TO smartwork_ingest;
GRANT UPDATE (last, in_outbox, reported_at, said_hello, accepted_for, closed_after) ON outbox TO smartwork_ingest;
GRANT UPDATE (released_at) ON booking TO smartwork_ingest;
GRANT UPDATE (published_at) ON release TO smartwork_ingest;
GRANT DELETE ON span, span_queue, place_span_queue, edge_day, edge_clock, discovered_device, field_not_understood
    TO smartwork_ingest;

-- name: grant_to_api
-- What clients book and check in, and what they may read of verdicts, spans and documents. Tokens are read, not made; their
-- last use is written.
GRANT SELECT ON centre, closure, zone, resource, place_code, company, member, member_sign_in, booking, booking_history,
    check_in, wifi_session, release, release_policy, span, verdict, stale_verdict, invoice, invoice_line, invoice_proof,
    invoice_event, billed_occupancy, api_token, ledger_day, ledger_fault, schema_migration, verdict_history
    TO smartwork_api;
GRANT INSERT ON member, member_sign_in, booking, check_in, wifi_session, release, release_policy, stale_verdict TO smartwork_api;
GRANT UPDATE ON booking, wifi_session, release, release_policy TO smartwork_api;
GRANT SELECT (company_id, centre_id, kind, valid_from, valid_until, cancellation_hours) ON contract TO smartwork_api;
GRANT UPDATE (resource_id) ON resource TO smartwork_api; -- to lock a row
GRANT UPDATE (closed_at) ON member TO smartwork_api;
GRANT DELETE ON member_sign_in TO smartwork_api;
GRANT UPDATE (last_used_at) ON api_token TO smartwork_api;

-- name: grant_to_dashboard
-- Everything that a page shows, and no token.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO smartwork_dashboard;
REVOKE ALL ON api_token, member_sign_in, place_code, wifi_session, alias, alias_key, feed_secret, bank_statement,
    bank_entry, bank_entry_source, bank_allocation FROM smartwork_dashboard

-- name: grant_to_books
-- It may add to the books and change nothing in them.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO smartwork_books;
REVOKE ALL ON api_token, member_sign_in, place_code, alias, alias_key, feed_secret FROM smartwork_books;
GRANT INSERT ON invoice, invoice_line, invoice_proof, invoice_event, prepaid_lot, prepaid_entry, account, posting, entry,
    settlement_item, settled_terms, payout_order, payout, payout_document, payout_event, centre_statement, bank_statement,
    bank_entry, bank_entry_source, bank_allocation, acceptance_terms, acceptance_event, settlement_cancellation
    TO smartwork_books;
GRANT INSERT, UPDATE ON document_series, billed_month TO smartwork_books;
GRANT INSERT, DELETE ON billed_occupancy, billed_supply, invoice_draft TO smartwork_books

-- name: grant_to_worker
-- The commands of an operator: the registry, agreements, reconciliation, billing, settlement. It becomes `smartwork_books` to
-- issue, and changes nothing in the books; it does not change what ingest has stored.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO smartwork_worker;
GRANT INSERT, UPDATE ON operator, centre, zone, resource, device, closure, policy, zone_settings, company, member,
    member_sign_in, place_code, booking, check_in, wifi_session, release, release_policy, seller, tariff,
    contract, centre_contract, prepaid_pool, prepaid_lot, company_vat, company_party, item_order, subscription,
    account_number,
    verdict, daily_use, daily_peak, daily_energy, api_token, billed_month, span, stale_verdict, invoice_draft,
    device_assignment, place_span_queue, calendar_event, calendar_booking, alias, booking_feed, feed_secret, feed_missing_event
    TO smartwork_worker;
GRANT INSERT ON agreement_version, invoice_event, verdict_history TO smartwork_worker;
GRANT DELETE ON member_sign_in, seller, tariff, contract, centre_contract, prepaid_pool, prepaid_lot, company_vat,
    company_party, item_order, subscription, account_number, verdict,
    stale_verdict, daily_use, daily_peak, daily_energy, invoice_draft, device_assignment, alias, booking_feed, feed_secret,
    feed_missing_event TO smartwork_worker;
GRANT UPDATE ON agreement_version TO smartwork_worker -- to lock the table: a trigger refuses to change a row

-- name: grant_retention
-- Where the server does not run retention itself, ingest and `smartwork retention run` do.
DO $$
BEGIN
    IF to_regclass('public.reading_hour_stored') IS NOT NULL THEN
        GRANT SELECT ON reading_hour, late_reading_day TO smartwork_ingest;
        GRANT SELECT, INSERT, UPDATE, DELETE ON reading_hour_stored, reading_hour_queue TO smartwork_ingest, smartwork_worker;
        GRANT SELECT, UPDATE ON reading_hour_progress TO smartwork_ingest, smartwork_worker;
        GRANT UPDATE (stored_by) ON batch TO smartwork_ingest, smartwork_worker;
    END IF;
END $$

-- name: grant_through_functions
-- The functions through which a role does one thing that it may not do otherwise. They find only tables of this schema.
ALTER FUNCTION drop_readings(timestamptz) SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION oldest_unbilled_month(timestamptz) SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION keep_booking_version() SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION record_in_books() SECURITY DEFINER SET search_path = public, pg_temp;
REVOKE EXECUTE ON FUNCTION drop_readings(timestamptz), oldest_unbilled_month(timestamptz), keep_booking_version(),
    record_in_books(), append_book_entry(text, text, text, bytea), keep_in_books(regclass) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_readings(timestamptz), oldest_unbilled_month(timestamptz)
    TO smartwork_ingest, smartwork_worker, smartwork_dashboard

-- name: grant_on_database
-- Only the owner of a database can say who may connect to it.
DO $$
BEGIN
    IF (SELECT pg_has_role(current_user, datdba, 'member') FROM pg_database WHERE datname = current_database()) THEN
        EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO smartwork_owner, smartwork_ingest, smartwork_worker, smartwork_api, '
                       'smartwork_dashboard', current_database());
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO smartwork_owner, smartwork_worker, smartwork_api', current_database());
    END IF;
END $$
