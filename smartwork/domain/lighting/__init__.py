"""The light controller, energy, savings, other settings tried."""
