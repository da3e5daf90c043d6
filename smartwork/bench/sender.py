"""The load side in a process of its own: it prepares all packets first, so that publishing costs little."""

import multiprocessing
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from types import TracebackType
from typing import Self

from smartwork.bench.load import Load, message, portions
from smartwork.devstack.errors import DevstackError
from smartwork.errors import SmartworkError
from smartwork.transport.load import flood, packets

_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Sent:
    """When the first packet left and when the broker had the last, on this machine's monotonic clock."""

    began: float
    ended: float


class Sender:
    """A child process that prepares a load and publishes it when told; it ends with the `with` block."""

    def __init__(self, broker_url: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(broker_url, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pipe.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()

    def prepare(self, load: Load) -> int:
        """Have the packets of `load` made; returns how many there are."""
        self._pipe.send(load)
        answer = self._answer()
        if not isinstance(answer, int):
            raise DevstackError(f"The load side failed: {answer}")
        return answer

    def send(self) -> None:
        """Have the prepared packets published; returns at once."""
        self._pipe.send(None)

    def sent(self) -> Sent:
        """What became of `send`, waited for. Raises DevstackError with the reason where it failed."""
        answer = self._answer()
        if not isinstance(answer, Sent):
            raise DevstackError(f"The load side failed: {answer}")
        return answer

    def _answer(self) -> object:
        try:
            if self._pipe.poll(_PATIENCE_S):
                return self._pipe.recv()
        except EOFError:
            raise DevstackError("The load side of the bench died.") from None
        raise DevstackError(f"The load side of the bench did not answer within {_PATIENCE_S:g} s.")


def _serve(broker_url: str, pipe: Pipe) -> None:
    made: list[bytes] = []
    while True:
        try:
            told = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        if isinstance(told, Load):
            made = packets(message(portion) for portion in portions(told))
            pipe.send(len(made))
        else:
            try:
                pipe.send(Sent(*flood(broker_url, made)))
            except SmartworkError as error:
                pipe.send(str(error))
