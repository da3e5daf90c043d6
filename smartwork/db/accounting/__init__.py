"""The journal of postings."""
