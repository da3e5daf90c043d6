"""HTTP API: bookings, members and check-ins in; verdicts and invoices out."""
