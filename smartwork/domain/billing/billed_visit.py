"""A visit as a document charges it, and its form in the snapshot's JSON."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, TypeAdapter, WrapSerializer

from smartwork.domain.billing.ledger_snapshot import decode_ledger_day, encode_ledger_day
from smartwork.domain.bookings.visit import Visit

Basis = Literal["booked", "measured", "given_back", "no_show", "walk_in", "cancelled_late"]
"""Which rule set the hours of a visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledVisit:
    """A visit that a line rests on, and what rating made of it.

    `day` is the local day of the visit's start. `hours` follow from the line's terms by the rule that `basis` names.
    `coverage` is the share of the period that was measured, `doubtful` whether a part of it is unknown.
    """

    visit: Visit
    day: date
    basis: Basis
    hours: Decimal
    coverage: Decimal
    doubtful: bool


_IN_VISIT = frozenset(field.name for field in fields(Visit))
_KEYS = {"reassigned_at": "ceded_at"}
"""Fields whose key in the snapshot is an older word. Keys never change: documents carry the digest of their snapshot."""
_FIELDS = {key: field for field, key in _KEYS.items()}


def _to_snapshot(billed: BilledVisit, dump: Callable[[BilledVisit], dict[str, Any]]) -> dict[str, Any]:
    """One flat object: the fields of the visit and those of rating, in one level.

    A visit without a member has an empty `member`; one without a recorded ledger has no key `ledger`. `cancelled_at`,
    `change` and `earlier` are there only if they are set, and a span has the key `contradicted` only if it is.
    """
    rated = dump(billed)
    visit = {_KEYS.get(field, field): value for field, value in rated.pop("visit").items()}
    visit["member"] = visit["member"] or ""
    visit["spans"] = [_span(span) for span in visit["spans"]]
    del visit["ledger"]
    for key in ("cancelled_at", "change", "earlier"):
        if visit[key] is None:
            del visit[key]
    if billed.visit.ledger is not None:
        visit["ledger"] = [encode_ledger_day(day) for day in billed.visit.ledger]
    return visit | rated


def _span(span: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in span.items() if key != "contradicted" or value}


def _from_snapshot(value: object) -> object:
    """The flat object of a snapshot as the fields of a BilledVisit. Other keys stay where they are, and are ignored."""
    if not isinstance(value, dict):
        return value
    visit: dict[str, Any] = {}
    rated: dict[str, Any] = {"visit": visit}
    for key, item in value.items():
        field = _FIELDS.get(str(key), str(key))
        (visit if field in _IN_VISIT else rated)[field] = item
    if visit.get("member") == "":
        visit["member"] = None
    if isinstance(ledger := visit.get("ledger"), (list, tuple)):
        visit["ledger"] = tuple(decode_ledger_day(day) for day in ledger)
    return rated


SnapshotVisit = Annotated[BilledVisit, BeforeValidator(_from_snapshot), WrapSerializer(_to_snapshot)]
"""A billed visit that pydantic reads from and writes to the snapshot's flat object."""

_VISIT = TypeAdapter(SnapshotVisit)


def parse_visit(value: object) -> BilledVisit:
    """The billed visit in a snapshot's JSON values; raises ValueError if a field is missing or wrong."""
    return _VISIT.validate_python(value, strict=False)
