"""The frame of the pages that people open: no script, nothing from another host, for the width of a phone."""

import base64
import hashlib
from html import escape
from http import HTTPStatus
from typing import get_args

from fastapi import Request
from fastapi.responses import HTMLResponse

from smartwork.domain.billing.parties import Language
from smartwork.translations.catalogue import texts

PAGES = ("/q/", "/sign-in/")
"""The paths below which people open pages; everything else answers programs."""
_LANGUAGES: tuple[Language, ...] = get_args(Language)
_NAMES: dict[Language, str] = {"en": "English", "fr": "Français", "nl": "Nederlands"}
_STYLE = """
*{box-sizing:border-box}
body{margin:0;font:1.05rem/1.5 system-ui,sans-serif;color:#1c2733;background:#f6f4ef}
main{max-width:30rem;margin:0 auto;padding:1.5rem 1.25rem 2rem}
h1{font-size:1.9rem;line-height:1.2;margin:.1rem 0 1rem;overflow-wrap:anywhere}
.centre{margin:0;color:#4e5a66}
.state{display:grid;grid-template-columns:auto 1fr;column-gap:.8rem;align-items:center;margin:0 0 1rem;padding:1rem 1.1rem;
border:2px solid #6b7a88;border-radius:.8rem;background:#fff}
.state i{grid-row:span 2;font-style:normal;font-size:2rem;line-height:1}
.state strong{font-size:1.5rem;line-height:1.2}.state span:empty{display:none}
.state.free{border-color:#1c6b50;background:#e3f1ea}.state.occupied{border-color:#083f78;background:#0b5cad;color:#fff}
.state.booked{border-color:#74480a;background:#fdf1dc}.state.unknown,.state.closed{border-style:dashed;background:#ece8e0}
.hours{margin:0 0 1.2rem}.note{color:#4e5a66}
.notice{padding:.8rem 1rem;border-radius:.6rem}.notice.good{background:#e3f1ea}.notice.bad{background:#fbe6df}
button{width:100%;min-height:3.2rem;padding:.6rem 1rem;border:0;border-radius:.7rem;background:#0e5a5a;color:#fff;
font:600 1.1rem/1.3 system-ui,sans-serif;overflow-wrap:anywhere}
button:focus-visible,a:focus-visible{outline:3px solid #d98324;outline-offset:2px}
button.small{margin-top:.8rem;min-height:2.75rem;background:#fff;color:#35506b;border:1px solid #6b7a88;font-weight:400}
nav{margin-top:2rem;display:flex;gap:1.2rem}nav a{color:#35506b;padding:.6rem 0}
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def page(
    language: Language, title: str, body: str, *, status: HTTPStatus = HTTPStatus.OK, refresh_s: int | None = None
) -> HTMLResponse:
    """A page with this title and the HTML `body`; it is opened again every `refresh_s` seconds."""
    refresh = f'<meta http-equiv="refresh" content="{refresh_s};url=?lang={language}">' if refresh_s else ""
    links = "".join(
        f'<a href="?lang={each}" lang="{each}"{" aria-current=true" if each == language else ""}>{_NAMES[each]}</a>'
        for each in _NAMES
    )
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{refresh}<style>{_STYLE}</style></head>'
        f"<body><main>{body}<nav>{links}</nav></main></body></html>",
        status,
        dict(_HEADERS),
    )


def unavailable_page(request: Request) -> HTMLResponse:
    """The page while the database does not answer."""
    language = choose_language(request)
    text = texts(language)["try_later"]
    return page(language, text, f"<h1>{escape(text)}</h1>", status=HTTPStatus.SERVICE_UNAVAILABLE, refresh_s=60)


def choose_language(request: Request) -> Language:
    """The language that the address names (`?lang=fr`), or else the first that the browser prefers; English otherwise."""
    wanted = [request.query_params.get("lang", "")]
    preferred = []
    for position, each in enumerate(request.headers.get("accept-language", "")[:200].split(",")):
        name, _, quality = each.partition(";q=")
        try:
            preferred.append((-float(quality or 1), position, name.strip()[:2].lower()))
        except ValueError:
            continue
    wanted += [name for _, _, name in sorted(preferred)]
    return next((language for name in wanted for language in _LANGUAGES if language == name), "en")
