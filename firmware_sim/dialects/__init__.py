"""One module per device family: readings to device messages, light commands understood."""
