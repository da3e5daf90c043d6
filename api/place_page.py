"""The page behind the QR code of a place: is it free, until when, and check-in for a member whose browser is known."""

import hashlib
import secrets
from datetime import datetime, timedelta
from html import escape
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Cookie, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.access import Db, Shared
from api.page_frame import choose_language, page
from smartwork.db.access.tokens import Client
from smartwork.db.bookings import availability, front_desk, place_codes
from smartwork.domain.billing.parties import Language
from smartwork.domain.bookings.availability import PlaceNow, open_intervals, place_now
from smartwork.domain.bookings.bookings import CheckIn
from smartwork.domain.time import Interval
from smartwork.translations import formats
from smartwork.translations.catalogue import Texts, texts

router = APIRouter(include_in_schema=False)

BROWSER_KNOWN_FOR = timedelta(days=180)
_COOKIE = "smartwork_member"
_PAGE = Client("qr page", None, None, frozenset())
_SIGNS = {"closed": "–", "occupied": "●", "booked": "◐", "unknown": "?", "recently_used": "○", "free": "○"}

MemberCookie = Annotated[str | None, Cookie(alias=_COOKIE)]
PageLanguage = Annotated[Language, Depends(choose_language)]


@router.get("/q/{code}")
def place_page(
    code: str, connection: Db, shared: Shared, language: PageLanguage, done: str = "", secret: MemberCookie = None
) -> HTMLResponse:
    """The state of a place. Without a known browser it names nobody; with one, only its own member."""
    at, words = shared.clock(), texts(language)
    found = place_codes.place_of(connection, code)
    if found is None:
        return _not_found(language)
    place = availability.places(connection, found[0], Interval(at, at + availability.AHEAD), at, resource=found[1])
    opening = availability.centre_opening(connection, found[0])
    if not place or opening is None:
        return _not_found(language)
    zone = ZoneInfo(opening.hours.timezone)
    open_time = open_intervals(opening.hours, Interval(at, at + availability.AHEAD))
    now = place_now(at, open_time, place[0].booked, place[0].presence)
    today = opening.hours.of(at.astimezone(zone).date())
    member = place_codes.member_of(connection, secret, "browser", at) if secret else None
    hours = f"{_clock(today.start, zone)} – {_closing(today.end, zone)}" if today else words["place_closed"]
    body = (
        f'<p class="centre">{escape(opening.name)}</p><h1>{escape(place[0].name)}</h1>'
        f'<p class="state {now.availability}" data-state="{now.availability}">'
        f'<i aria-hidden="true">{_SIGNS[now.availability]}</i>'
        f"<strong>{escape(words[f'place_{now.availability}'])}</strong>"
        f"<span>{escape(_until(now, at, zone, words, language))}</span></p>"
        f'<p class="hours"><b>{escape(words["opening_today"])}</b> {escape(hours)}</p>'
        f"{_notice(done, words)}{_check_in_part(code, member, words, language)}"
    )
    return page(language, place[0].name, body, refresh_s=60)


@router.post("/q/{code}/check-in")
def check_in(
    code: str, request: Request, connection: Db, shared: Shared, language: PageLanguage, secret: MemberCookie = None
) -> Response:
    """Check the member of this browser in at the place, now."""
    at = shared.clock()
    found = place_codes.place_of(connection, code)
    if found is None:
        return _not_found(language)
    member = place_codes.member_of(connection, secret, "browser", at) if secret else None
    if member is None or not _is_from_our_page(request):
        return _back(code, language, "unknown_member")
    centre, resource = found
    named = hashlib.sha256(f"{centre}/{resource}/{member}".encode()).hexdigest()[:24]
    try:
        requested = CheckIn(f"qr/{named}/{at:%Y%m%dT%H%M}", centre, resource, member, at, "qr")
        outcome = front_desk.put_check_in(connection, _PAGE, requested, at).outcome
    except front_desk.ConflictingRecord:
        return _back(code, language, "again")  # checked in a moment ago
    return _back(code, language, outcome)


@router.post("/q/{code}/sign-out")
def sign_out(
    code: str, request: Request, connection: Db, shared: Shared, language: PageLanguage, secret: MemberCookie = None
) -> Response:
    """Forget this browser."""
    answer = _back(code, language, "")
    if secret and _is_from_our_page(request):
        place_codes.forget(connection, secret, shared.clock())
        answer.delete_cookie(_COOKIE, path="/")
    return answer


@router.get("/sign-in/{link}")
def sign_in_page(link: str, connection: Db, shared: Shared, language: PageLanguage) -> HTMLResponse:
    """Ask whether this browser is to be the member's. Opening the link does not use it up: programs open links in mails."""
    words = texts(language)
    member = place_codes.member_of(connection, link, "link", shared.clock())
    if member is None:
        return _link_invalid(language)
    body = (
        f"<h1>{escape(words['sign_in_title'])}</h1><p>{escape(words['sign_in_text'].format(member=member))}</p>"
        f'<form method="post" action="?lang={language}"><button>{escape(words["sign_in_button"])}</button></form>'
    )
    return page(language, words["sign_in_title"], body)


@router.post("/sign-in/{link}")
def sign_in(link: str, request: Request, connection: Db, shared: Shared, language: PageLanguage) -> HTMLResponse:
    """Use the link up: from now on this browser identifies the member."""
    at, secret, words = shared.clock(), secrets.token_urlsafe(32), texts(language)
    place_codes.forget(connection, "", at)
    if not _is_from_our_page(request) or not place_codes.use_link(connection, link, secret, at, at + BROWSER_KNOWN_FOR):
        return _link_invalid(language)
    body = f"<h1>{escape(words['sign_in_title'])}</h1><p>{escape(words['signed_in'])}</p>"
    answer = page(language, words["sign_in_title"], body)
    answer.set_cookie(
        _COOKIE,
        secret,
        max_age=int(BROWSER_KNOWN_FOR.total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


def _is_from_our_page(request: Request) -> bool:
    """Whether the browser says that a page of this server sent the form; another site cannot make a browser check in."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host")


def _check_in_part(code: str, member: str | None, words: Texts, language: Language) -> str:
    if member is None:
        return f'<p class="note">{escape(words["how_to_sign_in"])}</p>'
    as_member = escape(words["check_in_as"].format(member=member))
    return (
        f'<form method="post" action="/q/{escape(code)}/check-in?lang={language}"><button>{as_member}</button></form>'
        f'<form method="post" action="/q/{escape(code)}/sign-out?lang={language}">'
        f'<button class="small">{escape(words["sign_out"])}</button></form>'
    )


_NOTICES = ("in_time", "taken_back", "too_late", "no_booking", "again", "unknown_member")


def _notice(done: str, words: Texts) -> str:
    if done not in _NOTICES:
        return ""
    kind = "bad" if done in ("too_late", "unknown_member") else "good"
    return f'<p class="notice {kind}" role="status">{escape(words[f"check_in_{done}"])}</p>'


def _until(now: PlaceNow, at: datetime, zone: ZoneInfo, words: Texts, language: Language) -> str:
    if now.booked is not None and now.availability != "occupied":
        return words["place_from_to"].format(
            start=_moment(now.booked.start, at, zone, language), end=_moment(now.booked.end, at, zone, language)
        )
    return words["place_until"].format(time=_moment(now.until, at, zone, language)) if now.until else ""


def _moment(instant: datetime, at: datetime, zone: ZoneInfo, language: Language) -> str:
    """A local time of day, with the day if it is another one than today."""
    local = instant.astimezone(zone)
    if local.date() == at.astimezone(zone).date():
        return _clock(instant, zone)
    return f"{formats.date_text(local.date(), 'EEE d MMM', language)} {_clock(instant, zone)}"


def _clock(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%H:%M}"


def _closing(instant: datetime, zone: ZoneInfo) -> str:
    """The time of day of the end of a day's opening hours; midnight is 24:00."""
    return _clock(instant, zone).replace("00:00", "24:00")


def _back(code: str, language: Language, done: str) -> RedirectResponse:
    return RedirectResponse(f"/q/{code}?lang={language}{f'&done={done}' if done else ''}", HTTPStatus.SEE_OTHER)


def _not_found(language: Language) -> HTMLResponse:
    words = texts(language)
    body = f"<h1>{escape(words['place_not_found'])}</h1><p>{escape(words['place_not_found_text'])}</p>"
    return page(language, words["place_not_found"], body, status=HTTPStatus.NOT_FOUND)


def _link_invalid(language: Language) -> HTMLResponse:
    words = texts(language)
    body = f"<h1>{escape(words['sign_in_title'])}</h1><p>{escape(words['link_invalid'])}</p>"
    return page(language, words["sign_in_title"], body, status=HTTPStatus.GONE)
