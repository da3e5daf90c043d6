"""The journal and the listing of clients, for export."""
