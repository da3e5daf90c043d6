"""Fixtures of a centre with a lamp."""

from tests.support.lit_centre import centre, database

__all__ = ["centre", "database"]
