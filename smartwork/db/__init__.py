"""The only place that speaks SQL: connections, migrations, named queries and the adapters over them."""
