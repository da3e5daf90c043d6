"""The page behind a QR code, in a real browser at the width of a phone, and the sheet to print."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from smartwork.db.bookings.bookings import put_bookings
from smartwork.db.bookings.place_codes import add_link, put_codes
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.db.network_setup import install
from smartwork.devstack import stack
from smartwork.domain.bookings.bookings import Booking
from tests.support.api import served
from tests.support.factory import Clock, small_network
from tests.support.project import ROOT

pytestmark = [pytest.mark.services, pytest.mark.browser]
SHOTS = ROOT / "out" / "screenshots"
NOW = datetime(2026, 10, 20, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
CODES = {"desk-1": "c" * 22, "desk-2": "d" * 22}


@dataclass(frozen=True, slots=True)
class Served:
    database_url: str
    address: str
    clock: Clock


@pytest.fixture(scope="module")
def place_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    clock = Clock(NOW)
    with stack.ephemeral("place-pages") as services:
        url = services.endpoints.database_url
        with closing(connect(url)) as connection:
            migrate(connection)
            install(connection, small_network())
            put_codes(connection, "mons", CODES, NOW, renew=False)
            put_bookings(connection, [Booking("A", "mons", "desk-1", "m-1", NOW + 2 * HOUR, NOW + 3 * HOUR, "booked")])
            connection.execute(
                "INSERT INTO span VALUES (1, %s, %s, 'vacant'), (2, %s, %s, 'occupied')", (NOW - HOUR, NOW + 9 * HOUR) * 2
            )
            connection.commit()
        with served(url, tmp_path_factory.mktemp("documents"), clock) as address:
            yield Served(url, address, clock)


@contextmanager
def phone(chromium: Browser, language: str = "en") -> Iterator[BrowserContext]:
    """A phone of its own, with its own cookies. Fails at the end if it asked another host than this machine."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale=language)
    requested: list[str] = []
    context.on("request", lambda request: requested.append(request.url))
    yield context
    context.close()
    assert {urlsplit(url).hostname for url in requested} <= {"127.0.0.1"}, requested


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return page


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def test_without_identification_the_page_shows_the_state_and_names_nobody(place_pages: Served, chromium: Browser) -> None:
    with phone(chromium) as context:
        page = opened(context, f"{place_pages.address}/q/{CODES['desk-1']}")
        main = page.locator("main")
        expect(page.locator(".state")).to_have_attribute("data-state", "free")
        for text in ("Mons", "Desk 1", "Free", "until 12:00", "Opening hours today: 08:00 – 18:00", "personal link"):
            expect(main).to_contain_text(text)
        expect(main).not_to_contain_text("m-1")
        expect(page.get_by_role("button")).to_have_count(0)
        shot(page, "place-390")
        page.get_by_role("link", name="Nederlands").click()
        expect(main).to_contain_text("Vrijtot 12:00")
        page.goto(f"{place_pages.address}/q/{CODES['desk-2']}")
        expect(page.locator(".state")).to_have_attribute("data-state", "occupied")
        page.goto(f"{place_pages.address}/q/{'x' * 22}")
        expect(main).to_contain_text("not valid any more")
    with phone(chromium, "fr-BE") as context:
        page = opened(context, f"{place_pages.address}/q/{CODES['desk-2']}")
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        expect(page.locator("main")).to_contain_text("Occupé")


def test_a_member_checks_in_with_the_own_phone_and_nobody_with_the_used_link(place_pages: Served, chromium: Browser) -> None:
    with closing(connect(place_pages.database_url)) as connection:
        assert add_link(connection, "m-1", "the-link", NOW, NOW + HOUR)
        connection.commit()
    place = f"{place_pages.address}/q/{CODES['desk-1']}"
    place_pages.clock.at = NOW + 1.75 * HOUR
    with phone(chromium) as context:
        page = opened(context, f"{place_pages.address}/sign-in/the-link")
        expect(page.locator("main")).to_contain_text("has been used or has expired")
        place_pages.clock.at = NOW
        page.reload()
        expect(page.locator("main")).to_contain_text("This link is for the member m-1")
        shot(page, "sign-in-390")
        page.get_by_role("button").click()
        expect(page.locator("main")).to_contain_text("This phone is known now")
        (cookie,) = context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        place_pages.clock.at = NOW + 1.75 * HOUR
        page.goto(place)
        expect(page.locator(".state")).to_contain_text("Bookedfrom 12:00 to 13:00")
        page.get_by_role("button", name="Check in as m-1").click()
        expect(page.get_by_role("status")).to_have_text("You are checked in, and the booking keeps its place.")
        shot(page, "checked-in-390")
        place_pages.clock.at += timedelta(seconds=20)
        page.get_by_role("button", name="Check in as m-1").click()
        expect(page.get_by_role("status")).to_have_text("You have checked in already.")
        with phone(chromium) as other:
            stranger = opened(other, f"{place_pages.address}/sign-in/the-link")
            expect(stranger.locator("main")).to_contain_text("has been used")
            stranger.goto(place)
            expect(stranger.get_by_role("button")).to_have_count(0)
            answer = other.request.post(f"{place}/check-in", headers={"Origin": place_pages.address})
            assert "This phone is not known" in answer.text()
        forged = context.request.post(f"{place}/check-in", headers={"Origin": "https://elsewhere.example"})
        assert "This phone is not known" in forged.text()
        page.get_by_role("button", name=re.compile("forget this phone")).click()
        expect(page.get_by_role("button")).to_have_count(0)
        assert context.cookies() == []
    with closing(connect(place_pages.database_url)) as connection:
        found = connection.execute("SELECT pseudonym, method, at FROM check_in JOIN member USING (member_id)").fetchall()
        assert found == [("m-1", "qr", NOW + 1.75 * HOUR)]
        assert connection.execute("SELECT count(*) FROM member_sign_in").fetchone() == (0,)
