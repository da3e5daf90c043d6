"""Streamlit pages over one read port."""
