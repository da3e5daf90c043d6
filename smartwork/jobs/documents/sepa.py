"""Payments to centres as a bank takes them: a SEPA credit transfer file, ISO 20022 pain.001.001.09."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sepaxml import SepaTransfer

from smartwork.domain.business import Party

_SCHEMA = "pain.001.001.09"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment in EUR; `reference` is what the payee reads and the bank carries end to end (35 characters)."""

    payee: Party
    amount: Decimal
    reference: str
    remark: str


def pain001(payer: Party, transfers: Sequence[Transfer], on: date) -> bytes:
    """The file that orders `transfers` from the account of `payer` for the day `on`, checked against the schema.

    Raises ValueError where a side has no IBAN. Each call makes a new message id: keep the file, do not make it again.
    """
    order = SepaTransfer(
        {"name": _name(payer), "IBAN": _iban(payer), "batch": True, "currency": "EUR"}, schema=_SCHEMA, clean=True
    )
    for one in transfers:
        order.add_payment(
            {
                "name": _name(one.payee),
                "IBAN": _iban(one.payee),
                "amount": int(one.amount * 100),
                "execution_date": on,
                "description": _printable(one.remark),
                "endtoend_id": one.reference,
            }
        )
    made: bytes = order.export(validate=True, pretty_print=True)
    return made


def _name(party: Party) -> str:
    """As a bank can carry it: of a name that has no letter it could spell the VAT number stands instead."""
    name = _printable(party.name)
    return name if any(one.isalnum() and one <= "\uffff" for one in name) else party.vat_number


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)


def _iban(party: Party) -> str:
    if party.iban is None:
        raise ValueError(f"{party.name} has no IBAN")
    return party.iban
