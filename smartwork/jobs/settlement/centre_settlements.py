"""What a settlement run owes each centre: new charges, and adjustments of earlier months whose contract was changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from smartwork.db.billing import documents
from smartwork.db.billing.contracts import centre_contracts
from smartwork.db.core.connection import Connection
from smartwork.db.settlement import settlements, statements
from smartwork.db.settlement.settlements import CentreToSettle, ChargedLine
from smartwork.domain.billing.contracts import CentreContract, contract_on
from smartwork.domain.billing.invoice import Invoice, LineReference, RevenueKind, Unattributed
from smartwork.domain.billing.rating import Group
from smartwork.domain.billing.tariffs import ContractMissing
from smartwork.domain.settlement.settlement import (
    CentreMonth,
    Revenue,
    SettledMonth,
    is_changed,
    lines_in_force,
    settle_centre_month,
)
from smartwork.domain.settlement.statements import unattributed_sum
from smartwork.domain.time import months_later
from smartwork.errors import InputError

CORRECTION_WINDOW_MONTHS = 12
"""How many months back a run adjusts settlements to a changed contract."""


@dataclass(frozen=True, slots=True)
class CentreSettlement:
    """A centre in a settlement run.

    `lines` are the charges that the run takes in; `own_month_lines` are the charges of the run's own month, which the
    document lists by place. `groups` are the lines of the document, `settled_months` how months are settled from now on.
    `corrects` is the number of the first document of the run's month, if there is one.
    """

    centre: CentreToSettle
    contract: CentreContract
    lines: Sequence[ChargedLine]
    own_month_lines: Sequence[ChargedLine]
    groups: Sequence[Group]
    corrects: str | None
    settled_months: Mapping[date, SettledMonth]
    unattributed: Unattributed | None

    @property
    def charged(self) -> Decimal:
        """The charges that the run takes in, EUR net, with prepaid hours at their value."""
        return sum((line.charged for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class _CentreHistory:
    """A centre before a run for `month`: its contracts, how months were settled, and its documents."""

    centre: CentreToSettle
    month: date
    contracts: Sequence[CentreContract]
    settled_months: Mapping[date, SettledMonth]
    documents: Sequence[Invoice]
    latest_invoice: LineReference | None


def centre_settlements(connection: Connection, month: date) -> list[CentreSettlement]:
    """What a run for the month owes each centre. Centres without a contract and without charges are left out.

    Raises InputError if an earlier month has charges and was never settled, and ContractMissing if charges, or a settled
    month, have no contract.
    """
    contracts = centre_contracts(connection)
    unsettled = settlements.unsettled_lines(connection, month)
    unattributed = statements.unattributed_stays(connection, month)
    since = min(
        [months_later(month, -CORRECTION_WINDOW_MONTHS), *(line.month for lines in unsettled.values() for line in lines)]
    )
    settled_months = settlements.settled_months(connection, since, month)
    of_centres = []
    for centre in settlements.centres_to_settle(connection):
        history = _CentreHistory(
            centre,
            month,
            [contract for contract in contracts if contract.centre == centre.slug],
            settled_months.get(centre.slug, {}),
            documents.of_centre(connection, centre.centre_id, since),
            settlements.latest_settlement(connection, centre.centre_id, month),
        )
        lines = unsettled.get(centre.slug, [])
        if settlement := _centre_settlement(connection, history, lines, unattributed_sum(unattributed.get(centre.slug, []))):
            of_centres.append(settlement)
    return of_centres


def _centre_settlement(
    connection: Connection, history: _CentreHistory, lines: Sequence[ChargedLine], unattributed: Unattributed | None
) -> CentreSettlement | None:
    centre = history.centre
    by_month: dict[date, list[ChargedLine]] = {history.month: []}
    for line in lines:
        by_month.setdefault(line.month, []).append(line)
    own_month_lines: Sequence[ChargedLine] = by_month[history.month]
    groups: list[Group] = []
    settled_months: dict[date, SettledMonth] = {}
    for month in sorted({*by_month, *history.settled_months}):
        month_lines, previous = by_month.get(month, []), history.settled_months.get(month)
        contract = contract_on(history.contracts, centre.slug, month)
        if contract is None:
            _require_nothing_to_settle(history, month, month_lines)
            continue
        if previous is None and month != history.month:
            raise InputError(
                f"Companies were charged for centre {centre.slug} in {month:%Y-%m}, which was never settled: "
                f"settle it first (smartwork settle --month {month:%Y-%m})."
            )
        changed = is_changed(contract, previous)
        settled_lines = settlements.settled_lines(connection, centre.centre_id, month) if changed else []
        settlement = settle_centre_month(
            CentreMonth(
                contract=contract,
                month=month,
                desks=centre.desks,
                previous=previous,
                new_revenue=_revenue(centre, month_lines),
                settled_revenue=_revenue(centre, settled_lines),
                documents=history.documents,
                latest_invoice=history.latest_invoice,
            )
        )
        groups += settlement.groups
        if settlement.is_full_rerun and month == history.month:
            own_month_lines = [*settled_lines, *own_month_lines]
        if settlement.settled is not None:
            settled_months[month] = settlement.settled
    newest = max(history.contracts, key=lambda contract: contract.valid_from, default=None)
    head_contract = contract_on(history.contracts, centre.slug, history.month) or newest
    if head_contract is None or not (groups or lines or settled_months):
        return None
    first = settlements.first_settlement(connection, centre.centre_id, history.month)
    corrects = first.number if first else None
    return CentreSettlement(centre, head_contract, lines, own_month_lines, groups, corrects, settled_months, unattributed)


def _require_nothing_to_settle(history: _CentreHistory, month: date, lines: Sequence[ChargedLine]) -> None:
    """Raises ContractMissing if a month without a contract has charges, or settlement lines in force."""
    centre = history.centre.slug
    if lines:
        raise ContractMissing(
            f"Companies were charged for centre {centre}, and no contract with it holds at the end of "
            f"{month:%Y-%m}: add one (smartwork agreements), and settle again.",
            centre,
        )
    if lines_in_force(history.documents, month):
        raise ContractMissing(
            f"Centre {centre} was settled for {month:%Y-%m}, and no contract with it holds any more at the end of "
            "that month: put one back (smartwork agreements), with a share of 0 if nothing is owed, and settle again.",
            centre,
        )


def _revenue(centre: CentreToSettle, lines: Iterable[ChargedLine]) -> Revenue:
    by_kind: dict[RevenueKind, Decimal] = defaultdict(Decimal)
    for line in lines:
        by_kind[line.kind] += line.charged
    return Revenue(centre.slug, centre.name, by_kind)
