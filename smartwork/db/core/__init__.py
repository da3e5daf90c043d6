"""Connections, the pool, migrations and named queries."""
