"""One module per device family: device messages to readings, light commands to device messages."""
