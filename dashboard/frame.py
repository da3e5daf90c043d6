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
    """There is no data yet; the message says what to do."""


def style() -> None:
    """Put the style sheet into the page."""
    st.html(Path(__file__).with_name("style.css"))


def heading(title: str, lead: str, centres: list[CentreRow]) -> None:
    """The title of a page with one sentence below it, and the mark of made-up data."""
    st.title(title, anchor=False)
    st.html(f'<p class="sw-lead">{escape(lead)}</p>')
    if any(centre.is_demo for centre in centres):
        st.html('<span class="sw-demo">Demo network: all names and figures are made up</span>')


def choose_month(reader: Reader) -> date:
    """The chosen month, the newest by default; the choice is kept between pages."""
    months = reader.months()
    if not months:
        raise NothingYet("No day has been evaluated yet. Figures appear here once a day has been reconciled.")
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
        raise NothingYet("The database holds no centre yet. Install a network, or run `smartwork demo` to see one.")
    return centres


def message(error: SmartworkError) -> None:
    """A card that says what happened and what to do."""
    title = {ServiceUnavailable: "The database is away", NothingYet: "Nothing to show yet"}.get(
        type(error), "This needs a hand"
    )
    lines = "<br>".join(escape(line) for line in str(error).splitlines())
    st.html(
        f'<div class="sw-away" role="status"><h3>{title}</h3>{lines}<br>'
        "This page tries again by itself every few seconds; you need not reload it.</div>"
    )


@contextmanager
def friendly() -> Iterator[None]:
    """Decorates a part that reruns by itself: an error becomes a card, and the next run tries again."""
    try:
        yield
    except SmartworkError as error:
        message(error)


def show(page: Callable[[], None]) -> None:
    """Run a page. If the database is away or empty, show that and try again."""
    try:
        page()
    except SmartworkError as error:
        message(error)
        _try_again(str(error))


@st.fragment(run_every=_RETRY_S)
def _try_again(said: str) -> None:
    """Rerun the page after a while, because the cause may be gone."""
    tries = st.session_state.get("tries", 0)
    st.session_state["tries"] = tries + 1
    if tries == 0:
        return
    try:
        with data.opened() as reader:
            ready = bool(reader.centres())
    except SmartworkError as error:
        ready = str(error) != said
    if ready:
        st.session_state["tries"] = 0
        st.rerun()
