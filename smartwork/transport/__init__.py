"""The only package that imports the MQTT client library."""
