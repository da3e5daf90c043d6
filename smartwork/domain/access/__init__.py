"""What an API token allows."""
