"""Throwaway databases for measurements."""
