"""Every text is there in every language, with the same placeholders, and plurals follow the language."""

import re
from importlib.resources import files
from io import BytesIO
from string import Formatter
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from smartwork.domain.billing.parties import Language
from smartwork.translations.catalogue import texts
from tests.support.project import ROOT

LANGUAGES: tuple[Language, ...] = get_args(Language)


def catalogue(language: Language) -> Catalog:
    path = files("smartwork.translations").joinpath("locale", f"{language}.po")
    return read_po(BytesIO(path.read_bytes()), locale=language)


def forms(language: Language) -> dict[str, tuple[str, ...]]:
    """The forms of every text, by identifier."""
    found: dict[str, tuple[str, ...]] = {}
    for message in catalogue(language):
        key = message.id[0] if isinstance(message.id, list | tuple) else message.id
        if key:
            found[key] = tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)
    return found


def placeholders(form: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(form) if name}


def test_all_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    ours = {language: forms(language) for language in LANGUAGES}
    for key, english in ours["en"].items():
        wanted = set().union(*map(placeholders, english))
        for language in LANGUAGES:
            assert all(ours[language][key]), (language, key)
            assert all(placeholders(form) == wanted for form in ours[language][key]), (language, key)
    assert ours["fr"].keys() == ours["nl"].keys() == ours["en"].keys()


def test_a_text_that_is_missing_is_an_error_and_never_its_identifier_on_a_page() -> None:
    with pytest.raises(KeyError, match="no_such_text"):
        texts("fr")["no_such_text"]
    with pytest.raises(KeyError, match="no_such_text"):
        texts("fr").plural("no_such_text", 2)


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("fr", ["+ 0 ligne", "+ 1 ligne", "+ 2 lignes"]),
        ("nl", ["+ 0 lijnen", "+ 1 lijn", "+ 2 lijnen"]),
        ("en", ["+ 0 lines", "+ 1 line", "+ 2 lines"]),
    ],
)
def test_plurals_follow_the_language(language: Language, forms: list[str]) -> None:
    assert [texts(language).plural("more_lines", count) for count in (0, 1, 2)] == forms


def test_no_text_is_kept_that_nothing_uses() -> None:
    sources = "\n".join(path.read_text() for part in ("smartwork", "api") for path in (ROOT / part).rglob("*.py"))
    prefixes = "verdict|basis|by|cause|charge|place|check_in|unit|pass|payout|settlement|short|vat"
    built = re.compile(rf"^({prefixes})_|^(desk|room|.*invoice|.*credit_note)$")
    unused = [key for key in forms("en") if f'"{key}"' not in sources and f"'{key}'" not in sources and not built.match(key)]
    assert unused == []
