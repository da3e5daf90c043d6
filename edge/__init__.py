"""The gateway in a centre: translates devices, numbers their readings, and forwards them without losing any."""
