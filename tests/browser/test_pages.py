"""The dashboard as people see it: a real database, the real server, a real browser, at a desk's and a phone's width."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from smartwork.clock import now
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.db.core.roles import Role
from smartwork.devstack import stack
from tests.support.program import service_url
from tests.support.project import ROOT
from tests.support.seed import Seeded, seed, store_presence

pytestmark = [pytest.mark.services, pytest.mark.browser]
SHOTS = ROOT / "out" / "screenshots"
PAGES = {
    "network": (
        "All centres compared",
        ["43 %", "33 %", "50 % below the baseline; 83 % of the time metered", "75 % metered", "56 %", "20 %", "3 of 4"],
    ),
    "centre": ("Centre live", ["50 % of the 2 known desks", "1 of 2", "Online"]),
    "energy": ("Energy", ["22.5 kWh", "45.0 kWh", "50 %", "24 %", "83 %", "IPMVP option A", "Hall"]),
    "invoices": (
        "Invoices",
        ["SW-2026-00001", "+++090/9337/55493+++", "€96.00", "€20.16", "€116.16", "3 h 40 min", "a1b2c3d4e5f6"],
    ),
    "accounts": ("Accounts", ["SW-2026-00001", "€116.16", "issued", "Cabinet Essai SRL", "Desk 2", "1 h 10 min"]),
    "ledger": ("Ledger", ["305", "288", "51 to 60", "unknown metric 99"]),
}


@dataclass(frozen=True, slots=True)
class Served:
    database_url: str
    address: str
    seeded: Seeded


@contextmanager
def streamlit(database_url: str) -> Iterator[str]:
    """The dashboard on a free port of this machine; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.headless", "true"]
    process = subprocess.Popen(
        [*command, "--server.address", "127.0.0.1", "--server.port", str(port)],
        cwd=ROOT,
        env={**os.environ, "SMARTWORK_DATABASE_URL": service_url(database_url, Role.DASHBOARD)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()  # noqa: S310 - our own http address
                break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with stack.ephemeral("pages") as services:
        url = services.endpoints.database_url
        with connect(url) as connection:
            migrate(connection)
            seeded = seed(connection, now())
        with streamlit(url) as address:
            yield Served(url, address, seeded)


@contextmanager
def opened(chromium: Browser, address: str, width: int = 1440) -> Iterator[Page]:
    """A page of the dashboard. Fails at the end if it requested anything from a host other than its own."""
    page = chromium.new_page(viewport={"width": width, "height": 900}, locale="en-GB")
    requested: list[str] = []
    page.context.on("request", lambda request: requested.append(request.url))
    page.on("websocket", lambda socket: requested.append(socket.url))
    page.goto(address)
    yield page
    page.close()
    hosts = {urlsplit(url).netloc for url in requested if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts == {urlsplit(address).netloc}, sorted(requested)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_its_known_figures_at_any_width(served: Served, chromium: Browser, name: str, width: int) -> None:
    heading, figures = PAGES[name]
    with opened(chromium, f"{served.address}/{'' if name == 'network' else name}", width) as page:
        expect(page.get_by_role("heading", level=1)).to_have_text(heading, timeout=30_000)
        main = page.get_by_test_id("stMain")
        for figure in figures:
            expect(main).to_contain_text(figure, timeout=15_000)
        expect(main).to_contain_text("Demo network: all names and figures are made up")
        page.wait_for_timeout(1_500)
        assert page.get_by_test_id("stException").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.set_viewport_size({"width": width, "height": main.evaluate("e => e.scrollHeight") + 10})
        page.wait_for_timeout(500)
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}-{width}.png")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_requests_nothing_from_another_host(served: Served, chromium: Browser, name: str) -> None:
    with opened(chromium, f"{served.address}/{'' if name == 'network' else name}", 1280) as page:
        expect(page.get_by_role("heading", level=1)).to_have_text(PAGES[name][0], timeout=30_000)
        page.wait_for_timeout(3_000)


def test_the_floor_plan_follows_a_new_reading_by_itself(served: Served, chromium: Browser) -> None:
    with opened(chromium, f"{served.address}/centre") as page:
        desk = page.locator('[data-resource="d-02"]')
        expect(desk).to_have_attribute("data-state", "vacant", timeout=30_000)
        with connect(served.database_url) as connection:
            store_presence(connection, served.seeded.sensors["d-02"], present=True, at=now())
            expect(desk).to_have_attribute("data-state", "occupied", timeout=10_000)
            assert "occupied" in (desk.locator("title").text_content() or "")
            store_presence(connection, served.seeded.sensors["d-02"], present=False, at=now())
            expect(desk).to_have_attribute("data-state", "vacant", timeout=10_000)


def test_a_silent_sensor_is_unknown_and_never_shown_as_fresh(served: Served, chromium: Browser) -> None:
    with opened(chromium, f"{served.address}/centre") as page:
        for slug in ("d-03", "d-04"):
            expect(page.locator(f'[data-resource="{slug}"]')).to_have_attribute("data-state", "unknown", timeout=30_000)


def choose_line(page: Page, line: int) -> None:
    expect(page.get_by_text("Evidence of line 1")).to_be_visible(timeout=30_000)
    page.get_by_test_id("stDataFrame").click(position={"x": 15, "y": 38 + 35 * (line - 1) + 17}, force=True)
    expect(page.get_by_text(f"Evidence of line {line}")).to_be_visible(timeout=10_000)


def test_a_centre_whose_ledger_is_faulty_is_named_on_the_ledger_page(served: Served, chromium: Browser) -> None:
    message = "A ledger report of this gateway cannot be true and is not counted."
    with connect(served.database_url) as connection:
        connection.execute(
            "INSERT INTO alarm (centre_id, edge, kind, device, since, message, raised_by)"
            " SELECT centre_id, 'gateway', 'ledger_report_wrong', '', now(), %s, 'server' FROM centre LIMIT 1",
            (message,),
        )
        try:
            with opened(chromium, f"{served.address}/ledger", 390) as page:
                notice = page.get_by_test_id("stAlert")
                expect(notice).to_contain_text(f"{message} Bills of the centre wait.", timeout=30_000)
                SHOTS.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=SHOTS / "ledger-fault-390.png")
        finally:
            connection.execute("DELETE FROM alarm WHERE message = %s", (message,))


def test_choosing_a_line_opens_its_evidence(served: Served, chromium: Browser) -> None:
    with opened(chromium, f"{served.address}/invoices") as page:
        choose_line(page, 2)
        expect(page.get_by_test_id("stMain")).to_contain_text("Nobody came.")
        expect(page.locator('.sw-timeline [data-title^="Vacant 09:00 to 13:00"]')).to_have_count(1)


def test_a_line_with_several_visits_shows_each_of_them(served: Served, chromium: Browser) -> None:
    with opened(chromium, f"{served.address}/invoices") as page:
        choose_line(page, 4)
        main = page.get_by_test_id("stMain")
        cells = page.get_by_test_id("stDataFrame").locator("[role=gridcell]")
        expect(cells.get_by_text("Day pass", exact=True)).to_have_count(1)
        expect(cells.get_by_text("2 visits", exact=True)).to_have_count(2)
        expect(main).to_contain_text("1.00 day at €30.00, before VAT")
        expect(main).to_contain_text("Visit 1 of 2. Used · Desk 1, Mons, Fri 9 Oct 2026. Booked from 09:00 to 12:00 (3 h)")
        expect(main).to_contain_text("Visit 2 of 2. Left early · Desk 5, Namur, Fri 9 Oct 2026. Booked from 14:00 to 18:00")
        expect(page.locator('.sw-timeline [data-title="Occupied 09:00 to 11:50"]')).to_have_count(1, timeout=10_000)
        expect(page.locator('.sw-timeline [data-title="Occupied 14:00 to 15:30"]')).to_have_count(1, timeout=10_000)
        page.set_viewport_size({"width": 1440, "height": main.evaluate("e => e.scrollHeight") + 10})
        page.wait_for_timeout(500)
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / "visits.png")


def test_a_line_that_follows_another_shows_the_visits_that_it_shares(served: Served, chromium: Browser) -> None:
    with opened(chromium, f"{served.address}/invoices") as page:
        choose_line(page, 5)
        main = page.get_by_test_id("stMain")
        expect(main).to_contain_text("shares the visits of line 4")
        expect(main).to_contain_text("1.00 h at €6.00, before VAT")
        expect(main).to_contain_text("Visit 2 of 2. Left early")


@pytest.mark.parametrize("width", [1280, 390])
def test_who_and_how_much_stand_within_the_width_of_the_screen(served: Served, chromium: Browser, width: int) -> None:
    with opened(chromium, f"{served.address}/accounts", width) as page:
        document, walk_in = (page.locator(".sw-table tbody tr", has_text=word) for word in ("SW-2026-00001", "Desk 2"))
        for cell in (
            document.get_by_text("Cabinet Essai SRL"),
            document.get_by_role("cell", name="€116.16", exact=True),
            document.get_by_text("issued", exact=True),
            walk_in.get_by_text("Mons"),
            walk_in.get_by_text("1 h 10 min"),
        ):
            expect(cell).to_be_visible(timeout=30_000)
            box = cell.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
        wide = "[...document.querySelectorAll('.sw-scroll')].filter(e => e.scrollWidth > e.clientWidth).length"
        assert width == 390 or page.evaluate(wide) == 0
    with opened(chromium, f"{served.address}/invoices", width) as page:
        heads = page.get_by_test_id("stDataFrame").locator("[role=columnheader]")
        expect(heads.filter(has_text="Net")).to_have_count(1, timeout=30_000)
        assert [text for text in heads.all_text_contents() if text][:4] == ["Line", "Day", "What", "Net"]


def test_a_page_that_is_opened_first_by_its_address_looks_like_all_others(served: Served, chromium: Browser) -> None:
    with streamlit(served.database_url) as fresh, opened(chromium, f"{fresh}/energy") as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("Energy", timeout=30_000)
        expect(page.get_by_test_id("stSidebarNav")).to_contain_text("Centre live")
        expect(page.get_by_test_id("stSidebar")).to_contain_text("Times are local")
        expect(page.get_by_test_id("stMain")).not_to_contain_text("Streamlit")


def test_a_shorter_hold_time_is_tried_on_the_month_and_its_kwh_shown(served: Served, chromium: Browser) -> None:
    with opened(chromium, f"{served.address}/energy") as page:
        main = page.get_by_test_id("stMain")
        expect(main).to_contain_text("Choose a centre above", timeout=30_000)
        page.get_by_role("combobox", name="Centre").click()
        page.get_by_role("option", name="Mons").click()
        expect(main).to_contain_text("--zone quiet --hold 20m", timeout=15_000)
        slider = page.get_by_role("slider", name="Hold time, minutes")
        slider.focus()
        for _ in range(10):
            slider.press("ArrowLeft")
        expect(main).to_contain_text("--zone quiet --hold 10m", timeout=15_000)
        expect(main).to_contain_text("while occupied")
        assert page.get_by_test_id("stException").count() == 0
        page.screenshot(path=SHOTS / "what-if.png", full_page=True)


def test_a_database_that_is_away_is_a_message_and_not_an_error(chromium: Browser) -> None:
    with (
        streamlit("postgresql://nobody@127.0.0.1:1/nothing") as address,
        opened(chromium, address) as page,
    ):
        expect(page.get_by_text("The database is not available")).to_be_visible(timeout=30_000)
        page.wait_for_timeout(7_000)
        expect(page.get_by_text("The database is not available")).to_be_visible()
        assert page.get_by_test_id("stException").count() == 0
