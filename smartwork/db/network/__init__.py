"""Centres, places, devices, alarms."""
