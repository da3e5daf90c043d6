"""Connections, migrations, named queries, binary COPY."""
