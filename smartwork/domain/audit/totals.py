"""The sums that an audit reports and compares."""

from dataclasses import dataclass
from decimal import Decimal

from smartwork.domain.accounting import accounts
from smartwork.domain.audit.audit_data import AuditData, charged, sign

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums in EUR.

    `charged`: charges to companies for centres. `centre_credits`: net of self-billed documents. `unsettled`: charges that are
    not settled yet. `pools`: value of prepaid hours that are not used. `expired`: value of those that expired.
    """

    charged: Decimal
    centre_credits: Decimal
    margin: Decimal
    unsettled: Decimal
    vat_due: Decimal
    vat_recoverable: Decimal
    pools: Decimal
    expired: Decimal


def totals(data: AuditData) -> Totals:
    """The sums: `charged` and `centre_credits` from the documents, the others from the accounts."""
    balances = data.balances()

    def balance_of(prefix: str) -> Decimal:
        return sum((amount for account, amount in balances.items() if account.startswith(prefix)), _ZERO)

    return Totals(
        charged=sum((sign(document) * charged(document) for document in data.company_documents()), _ZERO),
        centre_credits=sum((sign(document) * document.net for document in data.self_billed_documents()), _ZERO),
        margin=-balances.get(accounts.MARGIN, _ZERO),
        unsettled=-balance_of(accounts.CHARGES_PREFIX),
        vat_due=-balances.get(accounts.VAT_DUE, _ZERO),
        vat_recoverable=balances.get(accounts.VAT_RECOVERABLE, _ZERO),
        pools=-balance_of(accounts.POOL_PREFIX),
        expired=-balances.get(accounts.EXPIRED, _ZERO),
    )
