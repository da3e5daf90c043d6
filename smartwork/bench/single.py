"""One reading a message: the rate of a bare subscriber that only counts, to compare ingest with."""

from smartwork.bench.load_sender import LoadSender
from smartwork.bench.reading_load import ReadingLoad
from smartwork.contracts.topics import MessageType, all_centres_filter
from smartwork.transport.message_counter import MessageCounter


def bare_messages_per_second(broker_url: str, sender: LoadSender, load: ReadingLoad) -> float:
    """Messages a second that a bare subscriber receives, from the first publication on. Nothing else may be subscribed.

    Raises SmartworkError if not all messages arrive.
    """
    counter = MessageCounter(broker_url, all_centres_filter(MessageType.READINGS), sender.prepare(load))
    counter.start()
    sender.send()
    ended = counter.finished_at()
    return load.rows / (ended - sender.sent().began)
