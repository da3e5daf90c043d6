"""Read-only queries of the dashboard and the API."""
