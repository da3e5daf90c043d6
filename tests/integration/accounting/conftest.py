"""These tests work on small accounts."""

from tests.support.filled_accounts import connection

__all__ = ["connection"]
