"""The one root of errors that a user may see: a sentence that says what to do, never a traceback."""

import re


class SmartworkError(Exception):
    """Something in smartwork went wrong; the message says what, where, and what to do."""


class SettingError(SmartworkError):
    """A setting is missing or wrong; the message names it and says what was expected."""


class InputError(SmartworkError):
    """A file or argument of the user's cannot be read; the message names the line or field."""


class ServiceAway(SmartworkError):  # noqa: N818 - the state of a service, not a fault of ours
    """A broker or database does not answer; trying again may help."""


def without_password(url: str) -> str:
    """An address with its user and password left out, fit to be shown in a message."""
    return re.sub(r"//[^/]*@", "//…@", url)
