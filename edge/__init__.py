"""The gateway of a centre: translates devices, numbers readings, forwards them, controls the lights."""
