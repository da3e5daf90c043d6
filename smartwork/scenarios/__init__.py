"""The demo, a simulated day, recordings replayed."""
