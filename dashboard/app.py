"""The dashboard: `streamlit run dashboard/app.py`. Pages draw, `dashboard.data` reads, the domain computes."""

from pathlib import Path

import streamlit as st

from dashboard import frame

HERE = Path(__file__).parent
# The folder must not be named `pages`: Streamlit serves the scripts of such a folder without running this file first.
# No docstring below a constant in this file: Streamlit writes a string expression onto the page.
PAGES = HERE / "views"

# An icon by name would be loaded from a font server.
st.set_page_config(page_title="Smart Work Centers", page_icon=str(HERE / "icon.svg"), layout="wide")
frame.style()
page = st.navigation(
    [
        st.Page(PAGES / "network.py", title="Network", icon=":material/hub:", default=True),
        st.Page(PAGES / "centre.py", title="Centre live", icon=":material/sensors:", url_path="centre"),
        st.Page(PAGES / "energy.py", title="Energy", icon=":material/light_mode:", url_path="energy"),
        st.Page(PAGES / "invoices.py", title="Invoices", icon=":material/receipt_long:", url_path="invoices"),
        st.Page(PAGES / "accounts.py", title="Accounts", icon=":material/account_balance:", url_path="accounts"),
        st.Page(PAGES / "ledger.py", title="Ledger", icon=":material/fact_check:", url_path="ledger"),
    ]
)
st.logo(HERE / "logo.svg", size="large", icon_image=HERE / "icon.svg")
with st.sidebar:
    st.html('<p class="sw-aside">Times are local, Europe/Brussels.<br>Sensors detect presence, not persons.</p>')
frame.show(page.run)
