"""Shows an SVG inline, so that its tooltips work and a redrawn picture replaces the old one without flicker."""

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_JS = """
export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".sw-drawing") ?? parentElement
  if (place.dataset.svg !== data) { place.innerHTML = data; place.dataset.svg = data }
}
"""


def draw(svg: str, key: str) -> None:
    """Show an SVG whose texts are escaped already; `key` identifies its place on the page."""
    _component()(data=svg, key=key, height="content")


@st.cache_resource
def _component() -> ComponentRenderer:
    return st.components.v2.component("drawing", html='<div class="sw-drawing sw-paper"></div>', js=_JS, isolate_styles=False)
