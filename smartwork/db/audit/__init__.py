"""What the audit reads."""
