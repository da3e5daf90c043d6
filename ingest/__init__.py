"""The service that never stops: from the network broker into TimescaleDB."""
