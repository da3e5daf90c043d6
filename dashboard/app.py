"""The dashboard: `streamlit run dashboard/app.py`. Pages draw, `dashboard.data` reads, the domain computes."""

from pathlib import Path

import streamlit as st

from dashboard import frame

PAGES = Path(__file__).parent / "pages"

st.set_page_config(page_title="Smart Work Centers", page_icon=":material/desk:", layout="wide")
frame.style()
page = st.navigation(
    [
        st.Page(PAGES / "network.py", title="Network", icon=":material/hub:", default=True),
        st.Page(PAGES / "centre.py", title="Centre live", icon=":material/sensors:", url_path="centre"),
        st.Page(PAGES / "energy.py", title="Energy", icon=":material/light_mode:", url_path="energy"),
        st.Page(PAGES / "invoices.py", title="Invoices", icon=":material/receipt_long:", url_path="invoices"),
        st.Page(PAGES / "ledger.py", title="Ledger", icon=":material/fact_check:", url_path="ledger"),
    ]
)
with st.sidebar:
    st.html('<div class="sw-brand">Smart Work Centers<small>Times are local, Europe/Brussels</small></div>')
frame.show(page.run)
