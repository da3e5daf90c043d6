"""Home Assistant: what a facility manager sees there of a centre, and what only Home Assistant knows of it."""
