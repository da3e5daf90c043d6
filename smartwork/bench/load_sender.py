"""A process that publishes a load. It prepares all packets first, so that publishing costs little."""

import multiprocessing
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from types import TracebackType
from typing import Self

from smartwork.bench.reading_load import ReadingLoad, batches, message
from smartwork.devstack.errors import DevstackError
from smartwork.errors import SmartworkError
from smartwork.transport.load_publisher import publish_packets, send_packets

_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class SendTimes:
    """When publishing began and when the broker had acknowledged the last packet, on the monotonic clock."""

    began: float
    ended: float


class LoadSender:
    """A child process that prepares and publishes loads; it ends with the `with` block."""

    def __init__(self, broker_url: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, child_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(broker_url, child_end), daemon=True)
        self._process.start()
        child_end.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pipe.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()

    def prepare(self, load: ReadingLoad) -> int:
        """Prepare the packets of `load`; returns how many there are."""
        self._pipe.send(load)
        answer = self._answer()
        if not isinstance(answer, int):
            raise DevstackError(f"The load generator failed: {answer}")
        return answer

    def send(self) -> None:
        """Start publishing the prepared packets, and return at once."""
        self._pipe.send(None)

    def sent(self) -> SendTimes:
        """Wait until all packets are published; returns the times. Raises DevstackError with the reason if it failed."""
        answer = self._answer()
        if not isinstance(answer, SendTimes):
            raise DevstackError(f"The load generator failed: {answer}")
        return answer

    def _answer(self) -> object:
        try:
            if self._pipe.poll(_TIMEOUT_S):
                return self._pipe.recv()
        except EOFError:
            raise DevstackError("The load generator died.") from None
        raise DevstackError(f"The load generator did not answer within {_TIMEOUT_S:g} s.")


def _serve(broker_url: str, pipe: Pipe) -> None:
    prepared: list[bytes] = []
    while True:
        try:
            request = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        if isinstance(request, ReadingLoad):
            prepared = publish_packets(message(batch) for batch in batches(request))
            pipe.send(len(prepared))
        else:
            try:
                pipe.send(SendTimes(*send_packets(broker_url, prepared)))
            except SmartworkError as error:
                pipe.send(str(error))
