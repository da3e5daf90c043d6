"""One reading a message: ingest against a bare subscriber that only counts."""

from smartwork.bench.load import Load
from smartwork.bench.sender import Sender
from smartwork.contracts.topics import MessageType, all_centres_filter
from smartwork.transport.load import Counter


def bare_messages_per_second(broker_url: str, sender: Sender, load: Load) -> float:
    """Messages a second that a bare subscriber counts, from the first publication on; nothing else may be subscribed.

    Raises SmartworkError where they do not all come.
    """
    counter = Counter(broker_url, all_centres_filter(MessageType.READINGS), sender.prepare(load))
    counter.listen()
    sender.send()
    ended = counter.finished_at()
    return load.rows / (ended - sender.sent().began)
