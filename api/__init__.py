"""The HTTP API of the network: bookings, members and check-ins in, verdicts and invoices out. docs/api.md describes it."""
