"""Payments to centres as a SEPA credit transfer file, ISO 20022 pain.001.001.09."""

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
    """One payment in EUR. `reference` is the end-to-end identifier, which the payee sees; at most 35 characters."""

    payee: Party
    amount: Decimal
    reference: str
    remark: str


def pain001(payer: Party, transfers: Sequence[Transfer], on: date) -> bytes:
    """The file that orders `transfers` from the account of `payer` for the day `on`, checked against the schema.

    Raises ValueError if a party has no IBAN. Every call creates a new message id, so store the file and do not create it
    again.
    """
    order = SepaTransfer(
        {"name": _name(payer), "IBAN": _iban(payer), "batch": True, "currency": "EUR"}, schema=_SCHEMA, clean=True
    )
    for transfer in transfers:
        order.add_payment(
            {
                "name": _name(transfer.payee),
                "IBAN": _iban(transfer.payee),
                "amount": int(transfer.amount * 100),
                "execution_date": on,
                "description": _printable(transfer.remark),
                "endtoend_id": transfer.reference,
            }
        )
    made: bytes = order.export(validate=True, pretty_print=True)
    return made


def parse_payment_file(document: bytes) -> PaymentFile | None:
    """The payments that a file of `pain001` orders; None if `document` is no such file or orders anything but EUR."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(document, parser)
        payments = root.findall(".//p:CdtTrfTxInf", _NS)
        if any(_single(payment, "p:Amt/p:InstdAmt/@Ccy") != "EUR" for payment in payments):
            return None
        heads = [root.find(".//p:GrpHdr", _NS), *root.findall(".//p:PmtInf", _NS)]
        return PaymentFile(
            tuple(_single(part, "p:DbtrAcct/p:Id/p:IBAN/text()") for part in root.findall(".//p:PmtInf", _NS)),
            tuple(
                FilePayment(
                    _single(payment, "p:CdtrAcct/p:Id/p:IBAN/text()"), Decimal(_single(payment, "p:Amt/p:InstdAmt/text()"))
                )
                for payment in payments
            ),
            tuple((int(_single(head, "p:NbOfTxs/text()")), Decimal(_single(head, "p:CtrlSum/text()"))) for head in heads),
        )
    except (etree.XMLSyntaxError, InvalidOperation, ValueError):
        return None


def _single(node: etree._Element | None, path: str) -> str:
    """The text at `path`; raises ValueError unless there is exactly one."""
    nodes = [] if node is None else node.xpath(path, namespaces=_NS)
    if not isinstance(nodes, list) or len(nodes) != 1:
        raise ValueError(f"{path} is not there once")
    return str(nodes[0])


def _name(party: Party) -> str:
    """The party's name as banks accept it; the VAT number where the name has no letter that a bank can write."""
    name = _printable(party.name)
    return name if any(letter.isalnum() and letter <= "\uffff" for letter in name) else party.vat_number or name


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _iban(party: Party) -> str:
    if party.iban is None:
        raise ValueError(f"{party.name} has no IBAN")
    return party.iban
