"""A document as PDF, UBL and CSV, and its verification."""
