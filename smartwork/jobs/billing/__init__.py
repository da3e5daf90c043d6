"""A month's invoices, their lifecycle, and agreements from files."""
