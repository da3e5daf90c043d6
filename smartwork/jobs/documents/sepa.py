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
        {"name": payer.name, "IBAN": _iban(payer), "batch": True, "currency": "EUR"}, schema=_SCHEMA, clean=True
    )
    for one in transfers:
        order.add_payment(
            {
                "name": one.payee.name,
                "IBAN": _iban(one.payee),
                "amount": int(one.amount * 100),
                "execution_date": on,
                "description": one.remark,
                "endtoend_id": one.reference,
            }
        )
    made: bytes = order.export(validate=True, pretty_print=True)
    return made


def _iban(party: Party) -> str:
    if party.iban is None:
        raise ValueError(f"{party.name} has no IBAN")
    return party.iban
