"""Occupancy, light and occupancy-verified invoices for networks of Smart Work Centers."""
