"""The service that stores batches from the network broker in TimescaleDB."""
