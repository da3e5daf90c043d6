"""The wire: what two processes must agree on. Standard library and pydantic only."""
