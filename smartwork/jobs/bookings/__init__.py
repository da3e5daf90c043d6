"""Bookings from files of other systems: CSV and iCalendar."""
