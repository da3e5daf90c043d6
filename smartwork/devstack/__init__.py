"""Broker, database and other processes without Docker and without root."""
