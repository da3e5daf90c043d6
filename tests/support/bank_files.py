"""Bank statements as files: CODA 2.6 and camt.053 with their fields in the published places, and made-up contents.

Sources: Febelfin, "Coded statement of account (CODA)", version 2.6, chapters "Records" and "Structured format
communications"; ISO 20022, message definition BankToCustomerStatement (camt.053.001.02 to .13).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

OWN = "BE92999900000123"
"""The account of the seller in the tests' accounts."""
PAYER = "BE43068999999501"


@dataclass(frozen=True)
class Paid:
    """A payment on a statement; received where `amount` is above 0. `parts` are the payments of a batch."""

    amount: str
    reference: str = ""
    text: str = ""
    iban: str = PAYER
    name: str = "Bolt NV"
    bank: str = ""
    end_to_end: str = ""
    on: date = date(2026, 11, 10)
    currency: str = "EUR"
    returned: bool = False
    parts: tuple["Paid", ...] = ()
    batch: bool = False

    @property
    def value(self) -> Decimal:
        return Decimal(self.amount)


@dataclass(frozen=True)
class Listed:
    """A statement: number, opening balance and payments; it ends on the day of the last payment."""

    number: int
    opening: str
    payments: tuple[Paid, ...]
    opened: date = date(2026, 11, 9)
    closed: date = date(2026, 11, 10)
    iban: str = OWN
    currency: str = "EUR"
    closing: str | None = None

    @property
    def balance(self) -> Decimal:
        """The closing balance."""
        added = sum((each.value for each in self.payments), Decimal(0))
        return Decimal(self.closing) if self.closing is not None else Decimal(self.opening) + added


def coda(*statements: Listed, encoding: str = "latin-1") -> bytes:
    """A CODA file."""
    lines = [line for at, each in enumerate(statements) for line in _coda(each, is_last=at == len(statements) - 1)]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def _coda(statement: Listed, *, is_last: bool) -> list[str]:
    header = f"0000{'0'}{statement.closed:%d%m%y}" + "001" + "05" + " " + " " * 7 + "FILE000001"
    header = (header + f"{'NETWORK':26.26}" + f"{'KREDBEBB':11}" + "00999900150" + " " + "00000").ljust(127) + "2"
    account = f"{statement.iban:34}{statement.currency}"
    number = f"{statement.number:03d}"
    lines = [
        header,
        f"12{number}{account}{_signed(Decimal(statement.opening))}{statement.opened:%d%m%y}{'NETWORK':26}{'ACCOUNT':35}{number}",
    ]
    for sequence, payment in enumerate(statement.payments, start=1):
        lines += _movement(payment, sequence, 0, number, "1" if payment.parts or payment.batch else "0")
        for detail, part in enumerate(payment.parts, start=1):
            lines += _movement(replace(part, on=payment.on), sequence, detail, number, "5")
    lines.append(f"8{number}{account}{_signed(statement.balance)}{statement.closed:%d%m%y}".ljust(127) + "0")
    count = len(lines) - 1
    credit = sum((each.value for each in statement.payments if each.value > 0), Decimal(0))
    debit = -sum((each.value for each in statement.payments if each.value < 0), Decimal(0))
    trailer = f"9{' ' * 15}{count:06d}{debit * 1000:015.0f}{credit * 1000:015.0f}".ljust(127)
    return [*lines, trailer + ("2" if is_last else "1")]


def _movement(payment: Paid, sequence: int, detail: int, number: str, kind: str) -> list[str]:
    at = f"{sequence:04d}{detail:04d}"
    if payment.reference.startswith("RF"):
        communication = f"1100{payment.reference}"
    elif payment.reference:
        communication = f"1101{payment.reference}"
    elif payment.currency != "EUR":
        communication = f"1105{abs(payment.value) * 1000:015.0f}{abs(payment.value) * 1100:015.0f}{'110000000':>12}"
        communication += f"{payment.currency}{'':12}"
    else:
        communication = f"0{payment.text}"
    communication = communication.ljust(53 + 53 + 43)
    code = f"{kind}0150000" if payment.value > 0 else f"{kind}0101000"
    bank = payment.bank or f"BANK{sequence:07d}{detail:04d}"
    return_fields = "2AC04" if payment.returned else "     "
    first = f"21{at}{bank:21.21}{_signed(payment.value)}{payment.on:%d%m%y}{code}{communication[:54]}"
    second = f"22{at}{communication[54:107]}{payment.end_to_end:35.35}{'':11}{'':3}{return_fields}"
    third = f"23{at}{payment.iban:34}{'EUR' if payment.iban else '   '}{payment.name:35.35}{communication[107:149]}"
    return [
        f"{first}{payment.on:%d%m%y}{number}01 0",
        second.ljust(125) + "1 0",
        third.ljust(125) + "0 0",
    ]


def _signed(amount: Decimal) -> str:
    return f"{'1' if amount < 0 else '0'}{abs(amount) * 1000:015.0f}"


def camt(*statements: Listed, version: str = "08") -> bytes:
    """A camt.053 file of a version."""
    body = "".join(_camt(each, version) for each in statements)
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    header = "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-10T20:00:00</CreDtTm></GrpHdr>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{namespace}">\n<BkToCstmrStmt>{header}\n'
        f"{body}</BkToCstmrStmt>\n</Document>\n"
    ).encode()


def _camt(statement: Listed, version: str) -> str:
    entries = "".join(_entry(each, at, version) for at, each in enumerate(statement.payments, start=1))
    return (
        f"<Stmt><Id>S{statement.number}</Id><ElctrncSeqNb>{statement.number}</ElctrncSeqNb>"
        f"<CreDtTm>2026-11-10T20:00:00</CreDtTm><Acct><Id><IBAN>{statement.iban}</IBAN></Id>"
        f"<Ccy>{statement.currency}</Ccy></Acct>\n"
        + _balance("OPBD", Decimal(statement.opening), statement.opened, statement.currency)
        + _balance("CLBD", statement.balance, statement.closed, statement.currency)
        + f"{entries}</Stmt>\n"
    )


def _balance(code: str, amount: Decimal, on: date, currency: str) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(amount, currency)}<Dt><Dt>{on}</Dt></Dt></Bal>\n"


def _amount(amount: Decimal, currency: str = "EUR") -> str:
    return f'<Amt Ccy="{currency}">{abs(amount)}</Amt><CdtDbtInd>{"DBIT" if amount < 0 else "CRDT"}</CdtDbtInd>'


def _entry(payment: Paid, at: int, version: str) -> str:
    status = "<Sts>BOOK</Sts>" if version < "04" else "<Sts><Cd>BOOK</Cd></Sts>"
    reversal = "<RvslInd>true</RvslInd>" if payment.returned else ""
    bank = payment.bank or f"REF{payment.on:%y%m%d}{at:05d}"
    if payment.batch:
        details = "<NtryDtls><Btch><PmtInfId>P1</PmtInfId><NbOfTxs>2</NbOfTxs></Btch></NtryDtls>"
    else:
        parts = payment.parts or (payment,)
        details = f"<NtryDtls>{''.join(_details(part, version) for part in parts)}</NtryDtls>"
    return (
        f"<Ntry>{_amount(payment.value)}{reversal}{status}<BookgDt><Dt>{payment.on}</Dt></BookgDt>"
        f"<ValDt><Dt>{payment.on}</Dt></ValDt><AcctSvcrRef>{bank}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>"
        f"<SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>{details}</Ntry>\n"
    )


def _details(payment: Paid, version: str) -> str:
    end_to_end = payment.end_to_end or "NOTPROVIDED"
    amounts = _amount(payment.value) if version >= "03" else ""
    ordered = ""
    if payment.currency != "EUR":
        ordered = f'<InstdAmt><Amt Ccy="{payment.currency}">{abs(payment.value) * 2}</Amt></InstdAmt>'
    stated = f'<AmtDtls>{ordered}<TxAmt><Amt Ccy="EUR">{abs(payment.value)}</Amt></TxAmt></AmtDtls>'
    party = "Dbtr" if payment.value > 0 else "Cdtr"
    name = f"<Nm>{escape(payment.name)}</Nm>"
    parties = f"<{party}>{name if version < '08' else f'<Pty>{name}</Pty>'}</{party}>"
    account = f"<{party}Acct><Id><IBAN>{payment.iban}</IBAN></Id></{party}Acct>" if payment.iban else ""
    remittance = f"<Ustrd>{escape(payment.text)}</Ustrd>" if payment.text else ""
    if payment.reference:
        remittance = f"<Strd><CdtrRefInf><Ref>{payment.reference}</Ref></CdtrRefInf></Strd>"
    return (
        f"<TxDtls><Refs><EndToEndId>{escape(end_to_end)}</EndToEndId></Refs>{amounts}{stated}"
        f"<RltdPties>{parties}{account}</RltdPties><RmtInf>{remittance}</RmtInf></TxDtls>"
    )


def statements(opening: str, payments: Sequence[Paid], first: int = 1) -> list[Listed]:
    """A statement for each day of `payments`, one after the other."""
    listed, balance, before = list[Listed](), Decimal(opening), date(2026, 10, 31)
    for at, day in enumerate(sorted({each.on for each in payments})):
        of_day = tuple(each for each in payments if each.on == day)
        made = Listed(first + at, str(balance), of_day, before, day)
        listed.append(made)
        balance, before = made.balance, day
    return listed
