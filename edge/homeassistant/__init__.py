"""Home Assistant: discovery of the centre, and devices that only Home Assistant knows."""
