"""Parts that all pages share: heading, choice of month, messages for empty states and errors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from html import escape
from pathlib import Path

import streamlit as st

from dashboard import data
from dashboard.format import month as month_name
from smartwork.db.read.dashboard import CentreRow, Reader
from smartwork.errors import ServiceUnavailable, SmartworkError

_RETRY_S = 3


class NothingYet(SmartworkError):  # noqa: N818 - a state of the network, not a fault
    """There is no data to show; the message says what to do."""


def style() -> None:
    """Put the style sheet into the page."""
    st.html(Path(__file__).with_name("style.css"))


def heading(title: str, lead: str, centres: list[CentreRow]) -> None:
    """Show the title of a page with one sentence below it, and the mark of made-up data."""
    st.title(title, anchor=False)
    st.html(f'<p class="sw-lead">{escape(lead)}</p>')
    if any(centre.is_demo for centre in centres):
        st.html('<span class="sw-demo">Demo network: all names and figures are made up</span>')


def choose_month(reader: Reader) -> date:
    """Show the choice of a month and return it, the newest month by default. All pages of a session share the choice."""
    months = reader.months()
    if not months:
        raise NothingYet("There are no daily figures yet. They appear after `smartwork reconcile` has run for a month.")
    kept = st.session_state.get("month")
    chosen = st.selectbox(
        "Month", months, index=months.index(kept) if kept in months else 0, format_func=month_name, width=240
    )
    st.session_state["month"] = chosen
    return chosen


def centres_of(reader: Reader) -> list[CentreRow]:
    """All centres; raises NothingYet if there is none."""
    centres = reader.centres()
    if not centres:
        raise NothingYet("The database contains no centre. Centres appear here as soon as they are registered.")
    return centres


def message(error: SmartworkError) -> None:
    """Show a card with the error text."""
    title = {ServiceUnavailable: "The database is not available", NothingYet: "Nothing to show yet"}.get(
        type(error), "This page cannot be shown"
    )
    lines = "<br>".join(escape(line) for line in str(error).splitlines())
    st.html(
        f'<div class="sw-away" role="status"><h3>{title}</h3>{lines}<br>'
        "This page tries again every few seconds; you need not reload it.</div>"
    )


@contextmanager
def friendly() -> Iterator[None]:
    """Wraps a fragment that reruns by itself: an error is shown as a card, and the next run tries again."""
    try:
        yield
    except SmartworkError as error:
        message(error)


def show(page: Callable[[], None]) -> None:
    """Run a page. If the database is not available or empty, show that and try again."""
    try:
        page()
    except SmartworkError as error:
        message(error)
        _try_again(str(error))


@st.fragment(run_every=_RETRY_S)
def _try_again(shown_error: str) -> None:
    """Rerun the page when the error has gone or has changed."""
    tries = st.session_state.get("tries", 0)
    st.session_state["tries"] = tries + 1
    if tries == 0:
        return
    try:
        with data.opened() as reader:
            ready = bool(reader.centres())
    except SmartworkError as error:
        ready = str(error) != shown_error
    if ready:
        st.session_state["tries"] = 0
        st.rerun()
