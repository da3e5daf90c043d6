"""The components of an iCalendar text (RFC 5545, 3.1 to 3.6), each with its line.

The `icalendar` library reads single lines. It does not give line numbers, and one bad line ends the whole text; so the
components are collected here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from icalendar.parser import Contentline

from smartwork.errors import InputError

MAX_DEPTH = 10
MAX_COMPONENTS = 500_000
_SPLIT_CHARACTER = re.compile(rb"([\xc2-\xf4][\x80-\xbf]{0,2})(\r\n|\r|\n)([ \t])([\x80-\xbf]{1,3})")
_NAME = re.compile(r"([A-Za-z0-9-]+)[;:]")
_LINE_END = re.compile(r"\r\n|\r|\n")


class BadLineError(ValueError):
    """A line that is not a property. `line` is its number, `name` the property as far as it can be read."""

    def __init__(self, line: int, name: str, reason: str) -> None:
        self.line = line
        self.name = name
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Property:
    """A property with its line, its parameters (names in upper case), and its value without escapes.

    `raw` is the value as it stands.
    """

    line: int
    name: str
    parameters: dict[str, str]
    value: str
    raw: str


@dataclass(slots=True)
class Component:
    """A component and the lines that it consists of, each as line number, name of the property and unfolded text."""

    name: str
    line: int
    lines: list[tuple[int, str, str]] = field(default_factory=list)
    components: list["Component"] = field(default_factory=list)
    bad_lines: list[int] = field(default_factory=list)

    def all(self, *names: str) -> list[Property]:
        """The properties with these names, in order. Raises BadLineError for one that cannot be read."""
        return [_property(line, name, text) for line, name, text in self.lines if name in names]

    def readable(self, name: str) -> tuple[list[Property], list[BadLineError]]:
        """The properties with this name that can be read, and the errors of the others."""
        found: list[Property] = []
        errors: list[BadLineError] = []
        for line, each, text in self.lines:
            if each == name:
                try:
                    found.append(_property(line, name, text))
                except BadLineError as error:
                    errors.append(error)
        return found, errors

    def first(self, name: str) -> Property | None:
        """The property with this name, or None. Raises BadLineError if there are several, or if it cannot be read."""
        found = self.all(name)
        if len(found) > 1:
            raise BadLineError(found[1].line, name, "occurs more than once; keep one")
        return found[0] if found else None

    def value(self, name: str) -> str:
        """The value of the property with this name, or an empty text."""
        found = self.first(name)
        return found.value.strip() if found else ""

    def text(self) -> str:
        """The component as iCalendar, without the components in it that are not needed to define a time zone."""
        inner = [component.text() for component in self.components]
        return "\n".join([f"BEGIN:{self.name}", *(text for *_, text in self.lines), *inner, f"END:{self.name}"])


def join_split_characters(content: bytes) -> bytes:
    """`content` with characters of UTF-8 in one piece: lines are folded by bytes (RFC 5545, 3.1), also inside a character."""
    return _SPLIT_CHARACTER.sub(rb"\1\4\2\3", content)


def read_components(text: str) -> list[Component]:
    """The VCALENDAR components of `text`, which may have any line ends. Raises InputError if it is not iCalendar."""
    calendars: list[Component] = []
    opened: list[Component] = []
    count = 0
    for line, content in _unfolded(text):
        name = _name(content)
        if name in {"BEGIN", "END"}:
            value = content[len(name) + 1 :].strip().upper()
            if name == "END":
                _close(opened, value, line)
                continue
            if (count := count + 1) > MAX_COMPONENTS:
                raise InputError(f"The file has more than {MAX_COMPONENTS} components. Import it in parts.")
            _open(calendars, opened, Component(value, line))
        elif not opened:
            raise _not_icalendar(f"line {line} is not BEGIN:VCALENDAR")
        elif name:
            opened[-1].lines.append((line, name, content))
        else:
            opened[-1].bad_lines.append(line)
    if opened:
        raise _not_icalendar(f"{opened[-1].name[:40]} of line {opened[-1].line} has no end")
    if not calendars:
        raise _not_icalendar("it has no BEGIN:VCALENDAR")
    return calendars


def _open(calendars: list[Component], opened: list[Component], component: Component) -> None:
    if not opened and component.name != "VCALENDAR":
        raise _not_icalendar(f"line {component.line} is not BEGIN:VCALENDAR")
    if len(opened) >= MAX_DEPTH:
        raise _not_icalendar(f"line {component.line} opens more than {MAX_DEPTH} components in each other")
    (opened[-1].components if opened else calendars).append(component)
    opened.append(component)


def _close(opened: list[Component], name: str, line: int) -> None:
    if not opened:
        raise _not_icalendar(f"line {line} is not BEGIN:VCALENDAR")
    if opened[-1].name != name:
        last = opened[-1]
        raise _not_icalendar(f"line {line} ends {name[:40]}, but {last.name[:40]} of line {last.line} is open")
    opened.pop()


def _not_icalendar(reason: str) -> InputError:
    return InputError(f"The file is not iCalendar: {reason}.")


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, each with its number, with the lines that continue it."""
    parts: list[str] = []
    begun = 0
    for number, line in enumerate(_LINE_END.split(text.removeprefix("\ufeff")), start=1):
        if line[:1] in {" ", "\t"} and parts:
            parts.append(line[1:])
        elif line.strip():
            if parts:
                yield begun, "".join(parts)
            parts, begun = [line.removeprefix("\ufeff")], number
    if parts:
        yield begun, "".join(parts)


def _name(text: str) -> str:
    match = _NAME.match(text)
    return match[1].upper() if match else ""


def _property(line: int, name: str, text: str) -> Property:
    try:
        _, parameters, value = Contentline(text).parts()  # type: ignore[no-untyped-call]
    except ValueError:
        raise BadLineError(line, name, "has parameters that are not iCalendar") from None
    plain = {str(key).upper(): each if isinstance(each, str) else ",".join(each) for key, each in parameters.items()}
    return Property(line, name, plain, str(value), _raw_value(text))


def _raw_value(text: str) -> str:
    """What stands behind the first colon outside quotation marks."""
    quoted = False
    for at, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            return text[at + 1 :]
    return ""
