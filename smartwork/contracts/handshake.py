"""Hello and answer: edge and server compare their last numbers, and only one gateway of a name may forward."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from smartwork.contracts.messages import HIGHEST, LATEST_MS, Day, Epoch, WireModel

Instance = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
CLOCK_LIMIT_MS = 2**52


class HeldDay(WireModel):
    """How many readings of a former epoch are still in the outbox, for one local day."""

    day: Day
    in_outbox: int = Field(ge=0, le=HIGHEST)


class LeftEpoch(WireModel):
    """A former epoch of an outbox: it numbers no more readings in it."""

    epoch: Epoch
    last: int = Field(ge=0, le=HIGHEST, description="The highest number that the server may still store.")
    known: int = Field(ge=0, le=HIGHEST, description="The highest number that a lost or newer file gave; 0: unknown.")
    held: list[HeldDay] = Field(
        max_length=4_000, description="What is still in the outbox; all else has been sent or is lost."
    )


class Hello(WireModel):
    """An edge introduces itself: on connecting until it is answered, and at intervals after that."""

    v: Literal[1] = 1
    instance: Instance = Field(description="The running gateway process; each start has another.")
    epoch: Epoch
    last: int = Field(ge=0, le=HIGHEST, description="The highest number given so far.")
    opened: int | None = Field(
        default=None,
        ge=0,
        le=HIGHEST,
        description="The highest number when the outbox was opened; null once the server has accepted it.",
    )
    sent_ms: int = Field(ge=0, le=LATEST_MS, description="The edge's clock, ms since 1970 UTC.")
    ahead_ms: int | None = Field(
        default=None,
        ge=-CLOCK_LIMIT_MS,
        le=CLOCK_LIMIT_MS,
        description="How far the edge's clock is ahead of the server's, as the edge measured it with the last answer.",
    )
    former: list[LeftEpoch] = Field(default_factory=list, max_length=1_000)


class Answer(WireModel):
    """The server's answer to a hello.

    `wait`: another gateway of this name may be running; ask again. `refused`: one is running. Until it is accepted a gateway
    publishes no batch. An edge whose last number is below `known` works on an old copy of its outbox and opens a new epoch.
    """

    v: Literal[1] = 1
    instance: Instance = Field(description="The process that is answered; others ignore the message.")
    epoch: Epoch
    gateway: Literal["accepted", "wait", "refused"]
    known: int = Field(ge=0, le=HIGHEST, description="The highest number of this epoch that the server knows.")
    sent_ms: int = Field(ge=0, le=LATEST_MS, description="`sent_ms` of the hello.")
    server_ms: int = Field(ge=0, le=LATEST_MS, description="The server's clock, ms since 1970 UTC.")
