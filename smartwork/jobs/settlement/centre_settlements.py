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
from smartwork.db.settlement.acceptance import acceptances
from smartwork.db.settlement.settlements import CentreToSettle, ChargedLine
from smartwork.domain.billing.contracts import CentreContract, SelfBillingAgreement, contract_on
from smartwork.domain.billing.invoice import Invoice, LineReference, RevenueKind, Unattributed
from smartwork.domain.billing.rating import Group
from smartwork.domain.billing.tariffs import ContractMissing
from smartwork.domain.settlement.acceptance import Acceptance, agreement_for
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

_NO_AGREEMENT = (
    "no agreement on self-billing with the centre's payee is in force, and without one the network may not write its "
    "invoices. Enter version, day and signer under [centre_contract.self_billing] in the file of agreements, apply it "
    "(smartwork agreements apply FILE), and settle again."
)


@dataclass(frozen=True, slots=True)
class CentreSettlement:
    """A centre in a settlement run.

    `lines` are the charges that the run takes in; `own_month_lines` are the charges of the run's own month, which the
    document lists by place. `groups` are the lines of the document, `settled_months` how months are settled from now on.
    `corrects` is the number of the first document of the run's month, if there is one. `agreement` is the one on self-billing
    by which a document is issued; None only if there are no `groups`.
    """

    centre: CentreToSettle
    contract: CentreContract
    lines: Sequence[ChargedLine]
    own_month_lines: Sequence[ChargedLine]
    groups: Sequence[Group]
    corrects: str | None
    settled_months: Mapping[date, SettledMonth]
    unattributed: Unattributed | None
    agreement: SelfBillingAgreement | None

    @property
    def charged(self) -> Decimal:
        """The charges that the run takes in, EUR net, with prepaid hours at their value."""
        return sum((line.charged for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class WaitingCentre:
    """A centre that a run leaves out; `reason` says why, and what to do."""

    centre: str
    reason: str


@dataclass(frozen=True, slots=True)
class _CentreHistory:
    """A centre before a run for `month`: its contracts, how months were settled, and its documents.

    `agreement` is the one on self-billing that holds on the day of the run; `refused` are its documents that are refused and
    not taken back.
    """

    centre: CentreToSettle
    month: date
    contracts: Sequence[CentreContract]
    settled_months: Mapping[date, SettledMonth]
    documents: Sequence[Invoice]
    latest_invoice: LineReference | None
    agreement: SelfBillingAgreement | None
    refused: Sequence[Acceptance]


def centre_settlements(
    connection: Connection, month: date, today: date
) -> tuple[list[CentreSettlement], list[WaitingCentre]]:
    """What a run for the month owes each centre as of `today`, and the centres that wait.

    Centres without a contract and without charges are left out.

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
    refused = [each for each in acceptances(connection) if each.state(today) == "refused"]
    of_centres: list[CentreSettlement] = []
    waiting: list[WaitingCentre] = []
    for centre in settlements.centres_to_settle(connection):
        own_contracts = [contract for contract in contracts if contract.centre == centre.slug]
        contract = _head_contract(own_contracts, centre.slug, month)
        history = _CentreHistory(
            centre,
            month,
            own_contracts,
            settled_months.get(centre.slug, {}),
            documents.of_centre(connection, centre.centre_id, since),
            settlements.latest_settlement(connection, centre.centre_id, month),
            agreement_for(own_contracts, contract, today) if contract else None,
            [each for each in refused if each.centre == centre.slug],
        )
        lines = unsettled.get(centre.slug, [])
        if reason := _reason_to_wait(history, lines):
            waiting.append(WaitingCentre(centre.slug, reason))
            continue
        settlement = _centre_settlement(connection, history, lines, unattributed_sum(unattributed.get(centre.slug, [])))
        if settlement and settlement.groups and settlement.agreement is None:
            waiting.append(WaitingCentre(centre.slug, _NO_AGREEMENT))
        elif settlement:
            of_centres.append(settlement)
    return of_centres, waiting


def _reason_to_wait(history: _CentreHistory, lines: Sequence[ChargedLine]) -> str | None:
    """Why no document of a centre can be issued: one is refused, or no agreement on self-billing holds; None if it can."""
    for refused in history.refused:
        return (
            f"{refused.number} was refused on {refused.events[-1].on}: {refused.events[-1].note}. Agree with the centre; "
            f"then take it back (smartwork settle take-back {refused.number}) and settle its month again, or record that the "
            f"centre accepts it after all (smartwork settle accept {refused.number})."
        )
    is_due = bool(lines) or history.month not in history.settled_months
    owes = any(contract.mode != "share" or contract.rate for contract in history.contracts)
    return _NO_AGREEMENT if history.agreement is None and is_due and owes else None


def _head_contract(contracts: Sequence[CentreContract], centre: str, month: date) -> CentreContract | None:
    """The contract that heads a document of the month: the one valid at its end, or the newest; None without contracts."""
    newest = max(contracts, key=lambda contract: contract.valid_from, default=None)
    return contract_on(contracts, centre, month) or newest


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
    head_contract = _head_contract(history.contracts, centre.slug, history.month)
    if head_contract is None or not (groups or lines or settled_months):
        return None
    first = settlements.first_settlement(connection, centre.centre_id, history.month)
    corrects = first.number if first else None
    return CentreSettlement(
        centre, head_contract, lines, own_month_lines, groups, corrects, settled_months, unattributed, history.agreement
    )


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
