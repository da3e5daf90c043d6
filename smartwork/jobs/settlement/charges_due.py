"""What a run owes each centre: every charge by the contract of its own month, and months whose contract was changed anew."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from smartwork.db.billing import agreements, documents
from smartwork.db.core.connection import Connection
from smartwork.db.settlement import settlements
from smartwork.db.settlement.settlements import CentreToSettle, ChargedLine
from smartwork.domain.billing.contracts import CentreContract, contract_on
from smartwork.domain.billing.invoice import Invoice, LineReference, Unattributed
from smartwork.domain.billing.rating import Group
from smartwork.domain.billing.tariffs import ContractMissing
from smartwork.domain.network.places import PlaceKind
from smartwork.domain.settlement.settlement import Revenue, SettledMonth, is_changed, part_of, standing
from smartwork.domain.time import months_later
from smartwork.errors import InputError

LOOK_BACK_MONTHS = 12
"""How far back a change of a centre's contract still corrects what was settled."""


@dataclass(frozen=True, slots=True)
class Due:
    """A centre's part of a run: what it takes in, what is owed, and by which terms months are settled from now on.

    `stated` is what the document tells place by place: what came in about its own month.
    """

    centre: CentreToSettle
    contract: CentreContract
    lines: Sequence[ChargedLine]
    stated: Sequence[ChargedLine]
    groups: Sequence[Group]
    corrects: str | None
    terms: Mapping[date, SettledMonth]
    unattributed: Unattributed | None

    @property
    def charged(self) -> Decimal:
        """What it takes in, EUR net, credits at their worth."""
        return sum((line.net + line.credits for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a centre before a run for `month`."""

    centre: CentreToSettle
    month: date
    contracts: Sequence[CentreContract]
    settled: Mapping[date, SettledMonth]
    issued: Sequence[Invoice]
    latest: LineReference | None


def due(connection: Connection, month: date) -> list[Due]:
    """What each centre is due in a run for the month; centres without a contract and without a charge are left out.

    Raises InputError where an earlier month has charges and was never settled, and ContractMissing where charges, or what
    was settled, have no contract any more.
    """
    contracts = agreements.centre_contracts(connection)
    lines = settlements.unsettled(connection, month)
    nobodys = settlements.unattributed(connection, month)
    since = min([months_later(month, -LOOK_BACK_MONTHS), *(line.month for its in lines.values() for line in its)])
    settled = settlements.settled_months(connection, since, month)
    found = []
    for centre in settlements.centres_to_settle(connection):
        known = _Known(
            centre,
            month,
            [contract for contract in contracts if contract.centre == centre.slug],
            settled.get(centre.slug, {}),
            documents.of_centre(connection, centre.centre_id, since),
            settlements.latest_settlement(connection, centre.centre_id, month),
        )
        if one := _of_centre(connection, known, lines.get(centre.slug, []), nobodys.get(centre.slug)):
            found.append(one)
    return found


def _of_centre(
    connection: Connection, known: _Known, lines: Sequence[ChargedLine], unattributed: Unattributed | None
) -> Due | None:
    by_month: dict[date, list[ChargedLine]] = {known.month: []}
    for line in lines:
        by_month.setdefault(line.month, []).append(line)
    stated: Sequence[ChargedLine] = by_month[known.month]
    groups: list[Group] = []
    terms: dict[date, SettledMonth] = {}
    for month in sorted({*by_month, *known.settled}):
        contract = contract_on(known.contracts, known.centre.slug, month)
        own, before = by_month.get(month, []), known.settled.get(month)
        if contract is None:
            _require_nothing(known, month, own)
            continue
        if before is None and month != known.month:
            raise InputError(
                f"Companies were charged for centre {known.centre.slug} in {month:%Y-%m}, which was never settled: "
                f"settle it first (smartwork settle --month {month:%Y-%m})."
            )
        changed = is_changed(contract, before)
        settled = settlements.settled(connection, known.centre.centre_id, month) if changed else []
        fresh, taken_in = _revenue(known.centre, own), _revenue(known.centre, settled)
        part = part_of(contract, before, fresh, taken_in, known.centre.desks, month, known.issued, known.latest)
        groups += part.groups
        if part.afresh and month == known.month:
            stated = [*settled, *stated]
        if part.settled is not None:
            terms[month] = part.settled
    newest = max(known.contracts, key=lambda one: one.valid_from, default=None)
    head = contract_on(known.contracts, known.centre.slug, known.month) or newest
    if head is None or not (groups or lines or terms):
        return None
    corrects = settlements.first_settlement(connection, known.centre.centre_id, known.month)
    return Due(known.centre, head, lines, stated, groups, corrects.number if corrects else None, terms, unattributed)


def _require_nothing(known: _Known, month: date, own: Sequence[ChargedLine]) -> None:
    """Raises ContractMissing where a month without a contract has charges, or lines of a settlement that stand."""
    if own:
        raise ContractMissing(
            f"Companies were charged for centre {known.centre.slug}, and no contract with it holds at the end of "
            f"{month:%Y-%m}: add one (smartwork agreements), and settle again."
        )
    if standing(known.issued, month):
        raise ContractMissing(
            f"Centre {known.centre.slug} was settled for {month:%Y-%m}, and no contract with it holds any more at the end of "
            "that month: put one back (smartwork agreements), with a share of 0 where nothing is owed, and settle again."
        )


def _revenue(centre: CentreToSettle, lines: Iterable[ChargedLine]) -> Revenue:
    by_kind: dict[PlaceKind, Decimal] = defaultdict(Decimal)
    for line in lines:
        by_kind[line.kind] += line.net + line.credits
    return Revenue(centre.slug, centre.name, by_kind)
