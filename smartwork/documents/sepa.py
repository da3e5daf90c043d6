"""Payments to centres as a bank takes them: a SEPA credit transfer file, ISO 20022 pain.001.001.09."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from lxml import etree
from sepaxml import SepaTransfer

from smartwork.domain.billing.parties import Party
from smartwork.domain.settlement.payment_file import FilePayment, PaymentFile

_SCHEMA = "pain.001.001.09"
_NS = {"p": f"urn:iso:std:iso:20022:tech:xsd:{_SCHEMA}"}


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


def parse_payment_file(document: bytes) -> PaymentFile | None:
    """What a file of `pain001` orders; None where `document` is none, or orders anything but EUR."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(document, parser)
        payments = root.findall(".//p:CdtTrfTxInf", _NS)
        if any(_one(payment, "p:Amt/p:InstdAmt/@Ccy") != "EUR" for payment in payments):
            return None
        heads = [root.find(".//p:GrpHdr", _NS), *root.findall(".//p:PmtInf", _NS)]
        return PaymentFile(
            tuple(_one(part, "p:DbtrAcct/p:Id/p:IBAN/text()") for part in root.findall(".//p:PmtInf", _NS)),
            tuple(
                FilePayment(_one(one, "p:CdtrAcct/p:Id/p:IBAN/text()"), Decimal(_one(one, "p:Amt/p:InstdAmt/text()")))
                for one in payments
            ),
            tuple((int(_one(one, "p:NbOfTxs/text()")), Decimal(_one(one, "p:CtrlSum/text()"))) for one in heads),
        )
    except (etree.XMLSyntaxError, InvalidOperation, ValueError):
        return None


def _one(node: etree._Element | None, path: str) -> str:
    """The one text that `path` names; raises ValueError where there are more, or none."""
    found = [] if node is None else node.xpath(path, namespaces=_NS)
    if not isinstance(found, list) or len(found) != 1:
        raise ValueError(f"{path} is not there once")
    return str(found[0])


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
