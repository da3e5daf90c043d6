"""Payments to centres as a SEPA credit transfer file, ISO 20022 pain.001.001.09."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

import holidays
from lxml import etree
from sepaxml import SepaTransfer
from sepaxml.validation import try_valid_xml
from stdnum.be import iban
from text_unidecode import unidecode

from smartwork.domain.billing.parties import Language, Party
from smartwork.domain.settlement.payment_file import FilePayment, PaymentFile
from smartwork.translations.catalogue import texts

_SCHEMA = "pain.001.001.09"
_SATURDAY = 5
_NS = {"p": f"urn:iso:std:iso:20022:tech:xsd:{_SCHEMA}"}


_REMITTANCE = 140
"""The most characters of a payment's remittance information."""
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9/?:().,'+ -]+")
"""What the character set of SEPA lacks (EPC217-08)."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment in EUR of the `documents` of these numbers, which the payee reads in its language.

    `reference` is the end-to-end identifier, which the payee sees; at most 35 characters.
    """

    payee: Party
    amount: Decimal
    reference: str
    documents: tuple[str, ...]
    language: Language


def pain001(payer: Party, transfers: Sequence[Transfer], on: date) -> bytes:
    """The file that orders `transfers` from the account of `payer` for the first bank working day from `on` on.

    It is checked against the schema. Raises ValueError if a party has no IBAN. Every call creates a new message id, so store
    the file and do not create it again.
    """
    order = SepaTransfer(
        {"name": _name(payer), "IBAN": _iban(payer), "batch": True, "currency": "EUR"}, schema=_SCHEMA, clean=True
    )
    day = bank_working_day(on)
    for transfer in transfers:
        order.add_payment(
            {
                "name": _name(transfer.payee),
                "IBAN": _iban(transfer.payee),
                "amount": int(transfer.amount * 100),
                "execution_date": day,
                "description": remittance(transfer.documents, transfer.language),
                "endtoend_id": transfer.reference,
            }
        )
    root = etree.fromstring(order.export(validate=False))
    for account in root.iterfind(".//p:DbtrAcct", _NS):
        _name_agent(account, "DbtrAgt", after=True)
    for account in root.iterfind(".//p:CdtrAcct", _NS):
        _name_agent(account, "CdtrAgt", after=False)
    made: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    try_valid_xml(made, _SCHEMA)
    return made


def bank_working_day(day: date) -> date:
    """`day`, or the first day after it on which TARGET2 settles: no weekend, and none of the holidays of the ECB."""
    closed = holidays.financial_holidays("ECB", years=(day.year, day.year + 1))
    while day.weekday() >= _SATURDAY or day in closed:
        day += timedelta(days=1)
    return day


def remittance(documents: Sequence[str], language: Language) -> str:
    """What a payment is for: the numbers of documents, at most 140 characters. Of too many, how many more there are."""
    words, shown = texts(language)["remittance"], len(documents)
    while True:
        more = f" + {len(documents) - shown}" if shown < len(documents) else ""
        text = f"{words} {', '.join(documents[:shown])}{more}"
        if len(text) <= _REMITTANCE or not shown:
            return _printable(text)
        shown -= 1


def _name_agent(account: etree._Element, tag: str, *, after: bool) -> None:
    """Name the bank of an account: by its BIC where the IBAN tells it, else NOTPROVIDED, which SEPA asks for then."""
    space = f"{{{_NS['p']}}}"
    parent = account.getparent()
    if parent is None:
        raise ValueError("an account stands in no payment")
    agent = parent.find(f"p:{tag}", _NS)
    if agent is None:
        agent = etree.Element(f"{space}{tag}")
        owner = parent.find("p:Cdtr", _NS)
        parent.insert(parent.index(account if after or owner is None else owner), agent)
    for child in list(agent):
        agent.remove(child)
    institution = etree.SubElement(agent, f"{space}FinInstnId")
    bic = _bic(account.findtext("p:Id/p:IBAN", "", _NS))
    if bic:
        etree.SubElement(institution, f"{space}BICFI").text = bic
    else:
        other = etree.SubElement(institution, f"{space}Othr")
        etree.SubElement(other, f"{space}Id").text = "NOTPROVIDED"


def _bic(account: str) -> str | None:
    """The BIC of the bank of a Belgian account, None if it is another one or its bank is unknown."""
    return iban.to_bic(account) or None if account.startswith("BE") else None


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
    return name if any(letter.isalnum() for letter in name) else party.vat_number or "NOTPROVIDED"


def _printable(text: str) -> str:
    """`text` in the character set of SEPA: letters without accents, no other sign, no slash at an end or beside another."""
    plain = _NOT_ALLOWED.sub(" ", unidecode(text).replace("&", "+"))
    return re.sub(r"/{2,}", "/", " ".join(plain.split())).strip("/ ")


def _iban(party: Party) -> str:
    if party.iban is None:
        raise ValueError(f"{party.name} has no IBAN")
    return party.iban
