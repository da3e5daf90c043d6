"""The head of the books: a number and a hash that stand for every entry of the books up to that number."""

import re
from dataclasses import dataclass

_WRITTEN = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class BookHead:
    """The head after entry number `entry`; `head` is a SHA-256 in hex."""

    entry: int
    head: str

    @classmethod
    def parse(cls, text: str) -> "BookHead":
        """The head written as `number:hash`. Raises ValueError if `text` is none."""
        found = _WRITTEN.fullmatch("".join(text.split()).lower())
        if found is None:
            raise ValueError(f"{text!r} is not the number of an entry, a colon and 64 hexadecimal digits")
        return cls(int(found[1]), found[2])

    def __str__(self) -> str:
        return f"{self.entry}:{self.head}"
