"""What a SEPA payment file contains, parsed."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class FilePayment:
    """One payment in a payment file, EUR."""

    iban: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """The accounts that a file pays from, its payments in order, and each (number of payments, sum in EUR) that it states."""

    payer_ibans: tuple[str, ...]
    payments: tuple[FilePayment, ...]
    stated_sums: tuple[tuple[int, Decimal], ...]
