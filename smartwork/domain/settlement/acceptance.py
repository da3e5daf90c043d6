"""The acceptance of a self-billed document by the centre: explicit, or by silence as the agreement on self-billing says.

Belgian law lets the customer write the supplier's invoice if both have agreed on it before and each document is accepted
(Royal Decree no. 1 of 29 December 1992, article 6). So a document that is not accepted is not paid out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from smartwork.domain.billing.contracts import CentreContract, SelfBillingAgreement
from smartwork.domain.billing.invoice import Invoice
from smartwork.errors import InputError

Reply = Literal["accepted", "refused"]
AcceptanceState = Literal["waiting", "accepted", "refused", "cancelled"]


@dataclass(frozen=True, slots=True)
class AcceptanceEvent:
    """A centre's reply to a document on a day; a refusal has its reason as `note`. `recorded_by` is set once it is stored."""

    reply: Reply
    on: date
    note: str = ""
    recorded_by: str | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The acceptance of the document `number` of a centre.

    `version` and `signed_by` are those of the agreement by which it was issued; None for a document of an earlier version of
    the program, which counts as accepted. From `silent_on` on, silence is acceptance. `cancelled_by` is the number of the
    document that takes a refused one back; `cancels` that of the refused one that this one takes back.
    """

    number: str
    centre: str
    version: str | None = None
    signed_by: str | None = None
    silent_on: date | None = None
    events: tuple[AcceptanceEvent, ...] = ()
    cancelled_by: str | None = None
    cancels: str | None = None

    def state(self, today: date) -> AcceptanceState:
        """The state on a day."""
        if self.cancelled_by or self.cancels:
            return "cancelled"
        if self.events:
            return self.events[-1].reply
        return "accepted" if self.version is None or self.is_silent(today) else "waiting"

    def is_silent(self, today: date) -> bool:
        """Whether the document is accepted by silence on a day, if nothing was replied."""
        return not self.events and self.silent_on is not None and today >= self.silent_on


def silent_on(agreement: SelfBillingAgreement, issued_on: date) -> date | None:
    """The day from which silence is acceptance of a document; None if the agreement knows no such day."""
    if agreement.silent_after_days is None:
        return None
    return issued_on + timedelta(days=agreement.silent_after_days)


def agreement_for(contracts: Iterable[CentreContract], contract: CentreContract, today: date) -> SelfBillingAgreement | None:
    """The agreement on self-billing that holds today with the payee of `contract`, in any of the centre's contracts."""
    number = contract.payee.enterprise_number
    every = (c for c in contracts if c.centre == contract.centre and c.payee.enterprise_number == number)
    signed = [c.self_billing for c in every if c.self_billing is not None and c.self_billing.holds_on(today)]
    return max(signed, key=lambda agreement: agreement.signed_on, default=None)


def require_reply_possible(acceptance: Acceptance, event: AcceptanceEvent, today: date) -> None:
    """Raises InputError unless the centre's reply can be recorded: a refusal may be taken back, an acceptance may not."""
    number, state = acceptance.number, acceptance.state(today)
    if state == "cancelled":
        by = acceptance.cancelled_by or number
        raise InputError(f"{number} was refused, and is taken back by {by}: nothing is left to accept or refuse.")
    if state in (event.reply, "accepted"):
        if acceptance.version is None:
            how = "it was issued before acceptance was recorded"
        elif acceptance.events:
            last = acceptance.events[-1]
            how = f"since {last.on}, recorded by {last.recorded_by or 'smartwork'}"
        else:
            how = f"by silence since {acceptance.silent_on}"
        ask = " If it is wrong, change the contract: the next settlement adjusts it." if event.reply == "refused" else ""
        raise InputError(f"{number} is {state} already: {how}.{ask if state == 'accepted' else ''}")
    if event.reply == "refused" and not event.note.strip():
        raise InputError(f"{number} was refused without a reason: give the one that the centre states.")


def require_cancellable(acceptance: Acceptance, document: Invoice, later: Sequence[Invoice], today: date) -> None:
    """Raises InputError unless a document may be taken back: it is refused, and no later document corrects its lines."""
    number = acceptance.number
    if acceptance.state(today) != "refused":
        raise InputError(
            f"{number} is {acceptance.state(today)}: only a document that the centre has refused is taken back "
            f"(smartwork settle refuse {number} --reason …)."
        )
    for other in later:
        lines = [line for line in other.lines if line.kind == "correction" and line.corrects]
        if any(line.corrects and line.corrects.number == document.number for line in lines):
            raise InputError(
                f"{other.number} takes back lines of {number} already. Have the centre refuse {other.number} as well and "
                f"take that one back first, or accept {number}."
            )
