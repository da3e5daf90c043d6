"""`smartwork places qr`: a sheet with the QR codes of the places of a centre."""

import secrets
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from smartwork.cli.endpoints import open_database
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.clock import now
from smartwork.domain.billing.parties import Language
from smartwork.errors import InputError

places_app = typer.Typer(help="Print the QR codes of desks and rooms.", no_args_is_help=True)

ApiUrl = Annotated[str, typer.Option("--url", help="Address of the API as phones open it: https://places.example.org")]


@places_app.callback()
def _group() -> None:
    """Typer runs the only command of a group without its name; this callback keeps the name `qr`."""


@places_app.command("qr")
def qr_command(
    *,
    centre: Annotated[str, typer.Option(help="Slug of the centre.")],
    url: ApiUrl,
    language: Annotated[Language, typer.Option(help="Language of the text on the cards.")] = "fr",
    output: Annotated[Path | None, typer.Option(help="The PDF file. Default: qr-CENTRE.pdf in the current folder.")] = None,
    renew: Annotated[list[str] | None, typer.Option(help="Slug of a place that gets a new code; may be repeated.")] = None,
) -> None:
    """Write a PDF with the QR codes of all desks and rooms of a centre, six on a page.

    A place keeps its code, so that a sheet can be printed again. --renew makes the old code of a place invalid.
    """
    from smartwork.db.bookings.place_codes import places_with_codes, put_codes
    from smartwork.documents.qr_sheet import QrCard, qr_sheet

    base = checked_url(url)
    with progress_bar() as progress, open_database(progress) as connection:
        places = places_with_codes(connection, centre)
        if not places:
            raise InputError(f"There is no centre {centre!r} with desks or rooms.")
        known = {place.resource for place in places}
        if unknown := sorted(set(renew or []) - known):
            raise InputError(f"{centre} has no desk or room {', '.join(unknown)}.")
        codes = {resource: secrets.token_urlsafe(16) for resource in known}
        put_codes(connection, centre, codes, now(), renew=False)
        if renew:
            put_codes(connection, centre, {each: secrets.token_urlsafe(16) for each in renew}, now(), renew=True)
        places = places_with_codes(connection, centre)
    cards = [QrCard(place.name, f"{base}/q/{place.code}") for place in places]
    file = output or Path(f"qr-{centre}.pdf")
    try:
        file.write_bytes(qr_sheet(places[0].centre_name, cards, language))
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}.") from error
    out.print(f"{file}: {len(cards)} codes of {places[0].centre_name}.", highlight=False, soft_wrap=True)


def checked_url(url: str) -> str:
    """The address without a slash at its end. Raises InputError if it is not one that a browser opens."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise InputError(f"--url: {url!r} is not the address of a server. Give one such as https://places.example.org")
    return url.rstrip("/")
