"""The policy in force, kept in a file next to the outbox: the lights go on after a restart, whatever happened to the outbox.

The file is `<outbox>.policy.json`. Its field `policy` is the policy's own JSON as a text, and `sha256` the digest of that.
"""

import hashlib
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from edge.private_file import open_private
from smartwork.contracts.edge_reports import Alarm
from smartwork.contracts.messages import WireModel
from smartwork.contracts.policy import Policy

log = logging.getLogger("edge")


class _File(WireModel):
    v: Literal[1] = 1
    centre: str
    sha256: str
    policy: str


class SavedPolicy:
    """The saved policy of one centre. A file that is damaged, or of another centre, is set aside and is an alarm."""

    def __init__(self, outbox: Path, centre: str, clock: Callable[[], datetime]) -> None:
        self._path = outbox.with_name(outbox.name + ".policy.json")
        self._centre = centre
        self._clock = clock
        self._fault: tuple[str, datetime] | None = None

    def load(self, in_outbox: str | None) -> Policy | None:
        """The policy that was in force last: from the file, else from the copy in the outbox; None if neither is valid."""
        try:
            return self._read()
        except FileNotFoundError:
            pass
        except ValidationError as error:
            self._set_aside(str(error.errors()[0]["msg"]))
        except (OSError, ValueError) as error:
            self._set_aside(str(error).splitlines()[0])
        try:
            return None if in_outbox is None else Policy.model_validate_json(in_outbox)
        except ValidationError as error:
            self._report(f"The policy saved in the outbox is not valid: {error.errors()[0]['msg']}")
            return None

    def save(self, policy: Policy) -> None:
        """Replace the file at once or not at all. A disk that cannot be written does not stop the gateway."""
        text = policy.model_dump_json()
        content = _File(centre=self._centre, sha256=_digest(text), policy=text)
        new = self._path.with_name(self._path.name + ".new")
        try:
            with open(new, "wb", opener=open_private) as file:
                file.write(content.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        except OSError as error:
            log.warning("the policy could not be saved in %s: %s", self._path, error)

    def alarms(self) -> list[Alarm]:
        """The alarm about a saved policy that could not be used, until the gateway starts again."""
        if self._fault is None:
            return []
        text, since = self._fault
        return [Alarm(kind="policy_damaged", since_ms=round(since.timestamp() * 1000), says=text)]

    def _read(self) -> Policy:
        content = _File.model_validate_json(self._path.read_bytes())
        if content.centre != self._centre:
            raise ValueError(f"it belongs to the centre {content.centre[:48]}")
        if _digest(content.policy) != content.sha256:
            raise ValueError("its content was changed")
        return Policy.model_validate_json(content.policy)

    def _set_aside(self, reason: str) -> None:
        stamp = self._clock().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = self._path.with_name(f"{self._path.name}.damaged-{stamp}")
        try:
            self._path.rename(aside)
        except OSError as error:
            log.warning("%s cannot be renamed: %s", self._path, error)
        self._report(f"The saved policy was set aside as {aside.name[-80:]}: {reason[:60]}")

    def _report(self, text: str) -> None:
        log.error("%s", text)
        self._fault = (text[:200], self._clock())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
