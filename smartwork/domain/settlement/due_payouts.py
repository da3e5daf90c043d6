"""Which payouts are due: what each centre is owed by its self-billed documents that no payout pays."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from smartwork.domain.billing.contracts import CentreContract
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import Language, Party


@dataclass(frozen=True, slots=True)
class DuePayout:
    """What is owed to the payee of a centre now, EUR, by the `documents` of these numbers; the newest is of `month`."""

    centre: str
    centre_name: str
    month: date
    payee: Party
    language: Language
    documents: tuple[str, ...]
    amount: Decimal


def due_payouts(unpaid: Iterable[Invoice], contracts: Sequence[CentreContract]) -> list[list[DuePayout]]:
    """The payouts that are due, for each payment file in which a centre may stand once.

    `unpaid` are self-billed documents that no payout pays, in order of issue. What a payee owes by credit notes is taken off;
    a payee that owes more than it is owed gets no payout. A centre whose operator has changed has several payees: each is
    paid by its own documents, in a file of its own. A payee is paid to the IBAN of its newest contract, because the one on
    the document may be closed.
    """
    by_payee: dict[tuple[str, tuple[str, str]], list[Invoice]] = defaultdict(list)
    for document in unpaid:
        by_payee[document.account, document.seller.identity].append(document)
    files: list[list[DuePayout]] = []
    of_centre: dict[str, int] = defaultdict(int)
    for (centre, _), documents in sorted(by_payee.items(), key=lambda each: each[0][0]):
        amount = sum((-each.gross if each.is_credit else each.gross for each in documents), Decimal(0))
        if amount <= 0:
            continue
        if of_centre[centre] == len(files):
            files.append([])
        files[of_centre[centre]].append(_due(centre, documents, amount, contracts))
        of_centre[centre] += 1
    return files


def _due(centre: str, documents: Sequence[Invoice], amount: Decimal, contracts: Sequence[CentreContract]) -> DuePayout:
    last = documents[-1]
    payees = [
        contract.payee
        for contract in sorted(contracts, key=lambda contract: contract.valid_from)
        if contract.centre == centre and contract.payee.enterprise_number == last.seller.enterprise_number
    ]
    names = [line.centre_name for line in last.lines if line.centre_name]
    return DuePayout(
        centre,
        names[-1] if names else centre,
        max(document.month for document in documents),
        payees[-1] if payees else last.seller,
        last.language,
        tuple(document.number for document in documents),
        amount,
    )
