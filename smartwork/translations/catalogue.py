"""Texts in the reader's language, from the gettext catalogues in `locale/`."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from smartwork.domain.billing.parties import Language


class Texts:
    """The texts of one language. An identifier that has no translation raises KeyError: no page shows an identifier."""

    def __init__(self, language: Language) -> None:
        catalogue = files("smartwork.translations").joinpath("locale", f"{language}.po").read_bytes()
        compiled = BytesIO()
        write_mo(compiled, read_po(BytesIO(catalogue), locale=language))
        compiled.seek(0)
        self._translations = GNUTranslations(compiled)
        self._translations.add_fallback(_Missing())

    def __getitem__(self, key: str) -> str:
        """The text of `key`; its placeholders are the caller's to fill with `format`."""
        return self._translations.gettext(key)

    def plural(self, key: str, count: int, **values: str) -> str:
        """The text of `key` in the form that `count` needs, with `{count}` and `values` filled in."""
        return self._translations.ngettext(key, key, count).format(count=count, **values)


@cache
def texts(language: Language) -> Texts:
    """The catalogue of `language`, read once."""
    return Texts(language)


class _Missing(NullTranslations):
    def gettext(self, message: str) -> str:
        raise KeyError(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:  # noqa: ARG002 - the signature of gettext
        raise KeyError(msgid1)
