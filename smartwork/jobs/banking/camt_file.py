"""camt.053, the bank-to-customer statement of ISO 20022, in its versions 2 to 13."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lxml import etree

from smartwork.domain.banking.references import structured
from smartwork.domain.banking.statement import BankEntry, BankStatement
from smartwork.errors import InputError

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(?P<message>\w{4}\.\d{3})\.001\.(?P<version>\d{2})")
_VERSIONS = range(2, 14)
_AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,5})?")
_OPENING, _CLOSING, _INTERIM = ("OPBD", "PRCD"), ("CLBD",), "ITBD"
_RETURN_FAMILIES = ("RRTN", "RPCR", "UPCT", "UPDD", "RIMB")
"""Sub-families of the bank transaction codes that are returns and reversals of transfers and direct debits."""
_MAX_ENTRIES = 200_000


def read_camt(content: bytes, name: str) -> list[BankStatement]:
    """The statements of a camt.053 file. Raises InputError that names line and element where the file is not valid."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise InputError(f"{name}: it is no well-formed XML ({error}). Fetch the file again.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise InputError(f"{name}: it has a document type (DOCTYPE), which no bank statement has. It is not read.")
    file = _File(name, _namespace(root, name))
    statements = file.all(root, "BkToCstmrStmt/Stmt")
    if not statements:
        raise InputError(f"{name}: it has no statement (Stmt)")
    return [_statement(file, statement) for statement in statements]


def _namespace(root: etree._Element, name: str) -> str:
    namespace = etree.QName(root).namespace or ""
    match = _NAMESPACE.fullmatch(namespace)
    if match is None:
        raise InputError(f"{name}: the root element is {root.tag!r}; expected Document of camt.053.001.02 to .13")
    if match["message"] != "camt.053":
        raise InputError(f"{name}: it is a {match['message']}, which is no statement. Ask the bank for camt.053.")
    if int(match["version"]) not in _VERSIONS:
        raise InputError(f"{name}: camt.053.001.{match['version']} is not supported; expected a version from 02 to 13")
    return namespace


@dataclass(frozen=True, slots=True)
class _File:
    """Finds elements by path, without their namespace, and names the line where one is missing or wrong."""

    name: str
    namespace: str

    def all(self, node: etree._Element, path: str) -> list[etree._Element]:
        return node.findall("/".join(f"{{{self.namespace}}}{step}" for step in path.split("/")))

    def text(self, node: etree._Element, *paths: str) -> str:
        """The text of the first element that one of the paths finds; "" if there is none."""
        for path in paths:
            for found in self.all(node, path):
                if text := _printable(found.text or ""):
                    return text
        return ""

    def required(self, node: etree._Element, *paths: str) -> str:
        return self.text(node, *paths) or self.refuse(node, f"has no {' or '.join(paths)}")

    def refuse(self, node: etree._Element, what: str) -> str:
        raise InputError(f"{self.where(node)}: {etree.QName(node).localname} {what}. Fetch the file again, or ask the bank.")

    def where(self, node: etree._Element) -> str:
        return f"{self.name}, line {node.sourceline}"

    def day(self, node: etree._Element, path: str) -> date:
        text = self.required(node, f"{path}/Dt", f"{path}/DtTm")
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            self.refuse(node, f"has the date {text!r} in {path}")
            raise

    def amount(self, node: etree._Element, path: str = "Amt") -> tuple[Decimal, str] | None:
        """An amount above or at 0 and its currency; None if there is none."""
        found = self.all(node, path)
        if not found:
            return None
        text, currency = (found[0].text or "").strip(), found[0].get("Ccy", "")
        if not _AMOUNT.fullmatch(text) or not currency:
            self.refuse(found[0], f"is {text!r} {currency!r}; expected a number with a currency")
        return Decimal(text), currency

    def euros(self, node: etree._Element) -> Decimal:
        """The amount of a balance or an entry with its sign. Raises InputError unless it is in EUR, to the cent."""
        value, currency = self.amount(node) or (Decimal(self.refuse(node, "has no Amt")), "")
        if currency != "EUR" or value != round(value, 2):
            self.refuse(node, f"is {value} {currency}; expected EUR, to the cent, as the account is kept in")
        return self.sign(node) * value

    def sign(self, node: etree._Element) -> int:
        indicator = self.required(node, "CdtDbtInd")
        if indicator not in ("CRDT", "DBIT"):
            self.refuse(node, f"has the CdtDbtInd {indicator!r}; expected CRDT or DBIT")
        return 1 if indicator == "CRDT" else -1


def _statement(file: _File, node: etree._Element) -> BankStatement:
    iban = file.required(node, "Acct/Id/IBAN", "Acct/Id/Othr/Id").replace(" ", "")
    opening, opening_on = _balance(file, node, _OPENING, first=True)
    closing, closing_on = _balance(file, node, _CLOSING, first=False)
    entries: list[BankEntry] = []
    nodes = file.all(node, "Ntry")
    if len(nodes) > _MAX_ENTRIES:
        file.refuse(node, f"has {len(nodes)} entries; at most {_MAX_ENTRIES} are read")
    for at, entry in enumerate(nodes, start=1):
        if file.required(entry, "Sts/Cd", "Sts") == "BOOK":
            entries += [each for each in _entries(file, entry, f"{at}", iban) if each.amount]
    number = file.text(node, "ElctrncSeqNb", "LglSeqNb")
    return BankStatement(
        format="camt.053",
        where=file.where(node),
        iban=iban,
        number=f"{closing_on.year}/{number.zfill(3)}" if number else file.required(node, "Id"),
        opening=opening,
        opening_on=opening_on,
        closing=closing,
        closing_on=closing_on,
        entries=tuple(entries),
    )


def _balance(file: _File, node: etree._Element, codes: Sequence[str], *, first: bool) -> tuple[Decimal, date]:
    """An opening or closing balance and its day. The pages of a statement in parts have interim balances (ITBD)."""
    balances = [(file.text(balance, "Tp/CdOrPrtry/Cd"), balance) for balance in file.all(node, "Bal")]
    for code in (*codes, _INTERIM):
        if found := [balance for kind, balance in balances if kind == code]:
            chosen = found[0 if first else -1]
            return file.euros(chosen), file.day(chosen, "Dt")
    file.refuse(node, f"has no balance {' or '.join(codes)}")
    raise AssertionError


def _entries(file: _File, node: etree._Element, position: str, own: str) -> Iterator[BankEntry]:
    """An entry or, where it is a batch whose payments are listed in full, one for each payment."""
    amount = file.euros(node)
    payments = file.all(node, "NtryDtls/TxDtls")
    parts = [_part_amount(file, payment, amount) for payment in payments]
    if len(payments) > 1 and None not in parts and sum(part for part in parts if part is not None) == amount:
        for at, (payment, part) in enumerate(zip(payments, parts, strict=True), start=1):
            if part:
                yield _entry(file, node, payment, part, f"{position}.{at}", own)
    else:
        single = payments[0] if len(payments) == 1 else None
        yield _entry(file, node, single, amount, position, own)


def _part_amount(file: _File, payment: etree._Element, whole: Decimal) -> Decimal | None:
    """The amount of a payment in the account's currency, with its sign; None if it is not stated."""
    stated = file.amount(payment) or file.amount(payment, "AmtDtls/TxAmt/Amt")
    if stated is None or stated[1] != "EUR":
        return None
    sign = file.sign(payment) if file.all(payment, "CdtDbtInd") else (1 if whole > 0 else -1)
    return sign * stated[0]


def _entry(
    file: _File, node: etree._Element, payment: etree._Element | None, amount: Decimal, position: str, own: str
) -> BankEntry:
    is_part = "." in position
    details = node if payment is None else payment
    name, iban = _counterparty(file, details, own, is_incoming=amount > 0)
    stated = file.text(details, "RmtInf/Strd/CdtrRefInf/Ref")
    reference = structured(stated)
    free = [_printable(each.text or "") for each in file.all(details, "RmtInf/Ustrd")]
    if stated and not reference:
        free.append(stated)
    if payment is None:
        free.append(file.text(node, "AddtlNtryInf"))
    ordered = file.amount(details, "AmtDtls/InstdAmt/Amt")
    family = file.text(details, "BkTxCd/Domn/Fmly/SubFmlyCd") or file.text(node, "BkTxCd/Domn/Fmly/SubFmlyCd")
    own_reference = file.text(details, "Refs/AcctSvcrRef") if payment is not None else ""
    return BankEntry(
        position=position,
        booked_on=file.day(node, "BookgDt"),
        amount=amount,
        bank_reference=own_reference or file.text(node, "AcctSvcrRef"),
        name=name,
        iban=iban,
        reference=reference,
        text=" ".join(part for part in free if part),
        end_to_end_id=file.text(details, "Refs/EndToEndId"),
        ordered_currency=ordered[1] if ordered else "EUR",
        is_return=file.text(node, "RvslInd").lower() in ("true", "1")
        or bool(file.all(details, "RtrInf"))
        or family in _RETURN_FAMILIES,
        is_batch=payment is None and bool(file.all(node, "NtryDtls/Btch") or file.all(node, "NtryDtls/TxDtls")),
        batch=position.split(".", maxsplit=1)[0] if is_part else "",
    )


def _counterparty(file: _File, details: etree._Element, own: str, *, is_incoming: bool) -> tuple[str, str]:
    """Name and IBAN of the other party: who paid, or who was paid; of a payment that came back, the party that is not us."""
    parties = ("Dbtr", "Cdtr") if is_incoming else ("Cdtr", "Dbtr")
    for party in parties:
        iban = file.text(details, f"RltdPties/{party}Acct/Id/IBAN", f"RltdPties/{party}Acct/Id/Othr/Id").replace(" ", "")
        name = file.text(details, f"RltdPties/{party}/Nm", f"RltdPties/{party}/Pty/Nm")
        if iban != own and (iban or name):
            return name, iban
    return "", ""


def _printable(text: str) -> str:
    """The text on one line, without characters that no terminal should get."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
