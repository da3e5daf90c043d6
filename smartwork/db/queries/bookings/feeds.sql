-- name: put_feed
-- A feed that exists is changed, and polled again as if it were new. NULL: there is no such centre or place.
INSERT INTO booking_feed (name, centre_id, resource_id, server, interval_s, is_trusted, created_at, next_poll_at)
SELECT %(name)s, c.centre_id, r.resource_id, %(server)s, %(interval_s)s, %(is_trusted)s, %(now)s, %(now)s
FROM (VALUES (1)) AS one
LEFT JOIN centre c ON c.slug = %(centre)s
LEFT JOIN resource r ON r.centre_id = c.centre_id AND r.slug = %(resource)s AND r.kind <> 'recording'
WHERE (%(centre)s::text IS NULL OR c.centre_id IS NOT NULL) AND (%(resource)s::text IS NULL OR r.resource_id IS NOT NULL)
ON CONFLICT (name) DO UPDATE
SET centre_id = excluded.centre_id, resource_id = excluded.resource_id, server = excluded.server,
    interval_s = excluded.interval_s, is_trusted = excluded.is_trusted, next_poll_at = excluded.next_poll_at,
    etag = NULL, last_modified = NULL, full_at = NULL, failures = 0, failing_since = NULL, fault = NULL
RETURNING feed_id, created_at = %(now)s

-- name: put_feed_secret
INSERT INTO feed_secret (feed_id, url, header) VALUES (%(feed_id)s, %(url)s, %(header)s)
ON CONFLICT (feed_id) DO UPDATE SET url = excluded.url, header = excluded.header

-- name: remove_feed
DELETE FROM booking_feed WHERE name = %s

-- name: feeds
SELECT f.feed_id, f.name, c.slug AS centre, r.slug AS resource, f.server, f.interval_s, f.is_trusted, f.next_poll_at, f.etag,
       f.last_modified, f.full_at, f.last_success_at, f.last_change_at, f.failures, f.failing_since, f.fault, f.refused, f.doubted
FROM booking_feed f LEFT JOIN centre c USING (centre_id) LEFT JOIN resource r USING (resource_id)
WHERE (%(names)s::text[] IS NULL OR f.name = ANY(%(names)s::text[]))
  AND (%(due_at)s::timestamptz IS NULL OR f.next_poll_at <= %(due_at)s)
ORDER BY f.name

-- name: feed_secret
SELECT url, header FROM feed_secret WHERE feed_id = %s

-- name: try_feed_lock
-- One process polls a feed at a time.
SELECT pg_try_advisory_lock(hashtext('smartwork booking_feed'), %s)

-- name: release_feed_lock
SELECT pg_advisory_unlock(hashtext('smartwork booking_feed'), %s)

-- name: find_missing_feed_events
-- Events of the feed's calendar that are not in it any more and have future bookings.
INSERT INTO feed_missing_event (feed_id, calendar_event_id, missing_since)
SELECT %(feed_id)s, e.calendar_event_id, %(now)s
FROM calendar_event e
WHERE e.calendar = %(calendar)s AND e.uid <> ALL(%(uids)s::text[]) AND EXISTS (
    SELECT FROM calendar_booking l JOIN booking b USING (booking_id)
    WHERE l.calendar_event_id = e.calendar_event_id AND b.status = 'booked' AND b.starts_at > %(now)s)
ON CONFLICT DO NOTHING

-- name: forget_found_feed_events
DELETE FROM feed_missing_event m USING calendar_event e
WHERE m.feed_id = %(feed_id)s AND e.calendar_event_id = m.calendar_event_id AND e.uid = ANY(%(uids)s::text[])

-- name: future_feed_bookings
SELECT b.external_id, m.missing_since
FROM calendar_event e JOIN calendar_booking l USING (calendar_event_id) JOIN booking b USING (booking_id)
LEFT JOIN feed_missing_event m ON m.calendar_event_id = e.calendar_event_id AND m.feed_id = %(feed_id)s
WHERE e.calendar = %(calendar)s AND b.status = 'booked' AND b.starts_at > %(now)s
ORDER BY b.starts_at, b.external_id

-- name: end_missing_feed_events
-- Missing events without a future booking: their series are not continued, and their bookings stay as they are.
WITH ended AS (
    DELETE FROM feed_missing_event m
    WHERE m.feed_id = %(feed_id)s AND NOT EXISTS (
        SELECT FROM calendar_booking l JOIN booking b USING (booking_id)
        WHERE l.calendar_event_id = m.calendar_event_id AND b.status = 'booked' AND b.starts_at > %(now)s)
    RETURNING calendar_event_id
)
UPDATE calendar_event e SET expanded_to = NULL FROM ended WHERE e.calendar_event_id = ended.calendar_event_id

-- name: feed_succeeded
UPDATE booking_feed
SET next_poll_at = %(next_poll_at)s, etag = %(etag)s, last_modified = %(last_modified)s, last_success_at = %(now)s,
    full_at = CASE WHEN %(is_full)s THEN %(now)s ELSE full_at END,
    last_change_at = CASE WHEN %(is_changed)s THEN %(now)s ELSE last_change_at END,
    refused = coalesce(%(refused)s, refused), doubted = %(doubted)s, failures = 0, failing_since = NULL, fault = NULL
WHERE feed_id = %(feed_id)s

-- name: feed_failed
UPDATE booking_feed
SET next_poll_at = %(next_poll_at)s, failures = failures + 1, failing_since = coalesce(failing_since, %(now)s),
    fault = %(fault)s
WHERE feed_id = %(feed_id)s

-- name: failing_feeds
SELECT coalesce(c.slug, '–') AS centre, '' AS edge, 'feed_fails' AS kind, '' AS device, f.failing_since AS since,
       format('the calendar feed %%s cannot be read: %%s', f.name, f.fault) AS message
FROM booking_feed f LEFT JOIN centre c USING (centre_id)
WHERE f.failing_since <= %(failing_before)s AND (%(centre)s::text IS NULL OR c.slug = %(centre)s)
ORDER BY c.slug, f.failing_since, f.name
