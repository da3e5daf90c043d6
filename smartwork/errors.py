"""Errors that a user may see. The text says what happened, where, and what to do; the program shows no traceback."""


class SmartworkError(Exception):
    """The base of all errors that are shown to a user."""


class SettingError(SmartworkError):
    """A setting is missing or wrong. The text names the setting and what is expected."""


class InputError(SmartworkError):
    """A file or an argument cannot be read. The text names the line or the field."""


class ServiceUnavailable(SmartworkError):  # noqa: N818 - as in HTTP: the service fails, not the program
    """A broker or database does not answer. A retry may succeed."""


class PublicationRefused(SmartworkError):  # noqa: N818 - the broker's answer, not a fault of the program
    """The broker does not let this user publish on a topic. The text names both."""
