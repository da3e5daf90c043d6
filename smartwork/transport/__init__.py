"""The only package that speaks MQTT."""
