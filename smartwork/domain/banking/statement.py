"""A statement of a bank account as its file lists it, and what must hold within it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

StatementFormat = Literal["coda", "camt.053"]

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class BankEntry:
    """A movement of the account; each payment of a batch that the file itemises is an entry of its own.

    `amount` in EUR is positive where money came in. `position` names the entry in its file, and `batch` the position of the
    batch that it is part of ("" if none). `reference` is a structured communication: 12 digits, or RF and up to 23
    characters; `text` is the free one. `ordered_currency` is the one in which the payer ordered it. `is_return` marks a
    payment that came back, `is_batch` several payments that the file does not itemise. Texts that the file leaves out are "".
    """

    position: str
    booked_on: date
    amount: Decimal
    bank_reference: str = ""
    name: str = ""
    iban: str = ""
    reference: str = ""
    text: str = ""
    end_to_end_id: str = ""
    ordered_currency: str = "EUR"
    is_return: bool = False
    is_batch: bool = False
    batch: str = ""


@dataclass(frozen=True, slots=True)
class BankStatement:
    """A statement: its account, its number as the bank gives it, balances in EUR with their days, and entries in order.

    `where` names the statement in its file.
    """

    format: StatementFormat
    where: str
    iban: str
    number: str
    opening: Decimal
    opening_on: date
    closing: Decimal
    closing_on: date
    entries: tuple[BankEntry, ...]

    @property
    def unexplained(self) -> Decimal:
        """What the entries do not explain of the change from the opening to the closing balance, EUR; 0 if they add up."""
        return self.closing - self.opening - sum((entry.amount for entry in self.entries), _ZERO)
