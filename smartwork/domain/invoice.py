"""The invoice: an unchangeable snapshot of who owes what for which verdicts, with the evidence of every line."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from stdnum.be import ogm_vcs

from smartwork.domain.business import Company, Language
from smartwork.domain.evidence import BatchRun, Span, Verdict
from smartwork.domain.money import cents
from smartwork.domain.network import days_of_month
from smartwork.domain.rating import Basis, Charge

VAT_RATE = Decimal(21)
_SHARE = Decimal("0.001")
_KINDS = {"desk": 0, "room": 1}


@dataclass(frozen=True, slots=True)
class Party:
    """A side of an invoice; `enterprise_number` is the Belgian one (10 digits, mod 97), Peppol scheme 0208."""

    name: str
    enterprise_number: str
    street: str
    postcode: str
    town: str
    country: str = "BE"
    scheme: str = "0208"
    iban: str | None = None

    @property
    def vat_number(self) -> str:
        """The VAT number: country and enterprise number."""
        return f"{self.country}{self.enterprise_number}"


@dataclass(frozen=True, slots=True)
class Line:
    """One charged verdict and its proof. Durations are seconds; `coverage` is the share of the period that was
    measured, `day` and the clock times are those of `timezone`; `batches` are the ledger's runs under the spans.
    """

    line: int
    verdict: Verdict
    basis: Basis
    centre: str
    centre_name: str
    timezone: str
    resource: str
    resource_name: str
    kind: Literal["desk", "room"]
    member: str
    booking: str | None
    check_in: str | None
    check_in_method: str | None
    day: date
    starts_at: datetime
    ends_at: datetime
    booked_s: int
    occupied_s: int
    vacant_s: int
    unknown_s: int
    over_s: int
    coverage: Decimal
    doubtful: bool
    hours: Decimal
    per_hour: Decimal
    net: Decimal
    spans: tuple[Span, ...]
    batches: tuple[BatchRun, ...]


@dataclass(frozen=True, slots=True)
class VatTotal:
    """VAT of one category and rate (percent), computed once on the sum of its lines."""

    category: Literal["S"]
    rate: Decimal
    base: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as it is issued; whatever is shown, sent or booked later is derived from this value alone."""

    number: str
    series: str
    month: date
    starts_on: date
    ends_on: date
    issued_on: date
    due_on: date
    payment_days: int
    currency: str
    language: Language
    buyer_reference: str
    company: str
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    vat_totals: tuple[VatTotal, ...]
    net: Decimal
    vat: Decimal
    gross: Decimal
    payment_reference: str
    is_demo: bool

    def canonical(self) -> str:
        """The snapshot as JSON text, always the same for the same invoice: sorted keys, no blanks, amounts as text."""
        return canonical_text(_SNAPSHOT.dump_python(self, mode="json"))

    @classmethod
    def parse(cls, document: object) -> "Invoice":
        """The invoice whose snapshot `document` is (JSON values); raises ValueError where it is none."""
        return _SNAPSHOT.validate_python(document, strict=False)


_SNAPSHOT = TypeAdapter(Invoice)


def canonical_text(document: object) -> str:
    """JSON values as the one text that digests are computed on."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(canonical: str) -> bytes:
    """SHA-256 of a snapshot's canonical text: 32 bytes."""
    return hashlib.sha256(canonical.encode()).digest()


def series_of(issued_on: date) -> str:
    """The number series of invoices issued that day: one a calendar year."""
    return f"INV-{issued_on.year}"


def compose(
    company: Company,
    month: date,
    charges: Iterable[Charge],
    *,
    ordinal: int,
    issued_on: date,
    seller: Party,
    is_demo: bool,
) -> Invoice:
    """The invoice over `charges` as the `ordinal`-th of its series, lines by centre, kind, time and place.

    VAT is computed once on the sum, ROUND_HALF_UP (Belgian rule); gross = net + VAT to the cent.
    Raises ValueError without charges: such a month has no invoice.
    """
    ordered = sorted(charges, key=_place)
    if not ordered:
        raise ValueError("an invoice needs a line")
    lines = tuple(_line(number, charge) for number, charge in enumerate(ordered, start=1))
    net = sum((line.net for line in lines), Decimal(0))
    total = VatTotal("S", VAT_RATE, net, cents(net * VAT_RATE / 100))
    days = days_of_month(month)
    series = series_of(issued_on)
    return Invoice(
        number=f"{series}-{ordinal:05d}",
        series=series,
        month=days[0],
        starts_on=days[0],
        ends_on=days[-1],
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=company.contract.payment_days),
        payment_days=company.contract.payment_days,
        currency="EUR",
        language=company.language,
        buyer_reference=company.buyer_reference,
        company=company.slug,
        seller=seller,
        buyer=Party(company.name, company.enterprise_number, company.street, company.postcode, company.town),
        lines=lines,
        vat_totals=(total,),
        net=net,
        vat=total.vat,
        gross=net + total.vat,
        payment_reference=payment_reference(issued_on.year, ordinal),
        is_demo=is_demo,
    )


def payment_reference(year: int, ordinal: int) -> str:
    """Belgian structured communication, 12 digits: year, number in the series, and the check digits (mod 97)."""
    base = f"{year:04d}{ordinal:06d}"
    return base + str(ogm_vcs.calc_check_digits(base))


def structured(reference: str) -> str:
    """A 12-digit payment reference as people write it: +++123/4567/89012+++."""
    return f"+++{reference[:3]}/{reference[3:7]}/{reference[7:]}+++"


def _place(charge: Charge) -> tuple[str, str, int, datetime, str, str]:
    proven = charge.proven
    named = proven.booking or proven.check_in or ""
    return proven.centre_name, proven.centre, _KINDS[proven.kind], proven.starts_at, proven.resource, named


def _line(number: int, charge: Charge) -> Line:
    proven = charge.proven
    measured = proven.occupied_s + proven.vacant_s
    period = measured + proven.unknown_s
    return Line(
        line=number,
        verdict=proven.verdict,
        basis=charge.basis,
        centre=proven.centre,
        centre_name=proven.centre_name,
        timezone=proven.timezone,
        resource=proven.resource,
        resource_name=proven.resource_name,
        kind=proven.kind,
        member=proven.member,
        booking=proven.booking,
        check_in=proven.check_in,
        check_in_method=proven.check_in_method,
        day=proven.starts_at.astimezone(ZoneInfo(proven.timezone)).date(),
        starts_at=proven.starts_at,
        ends_at=proven.ends_at,
        booked_s=proven.booked_s,
        occupied_s=proven.occupied_s,
        vacant_s=proven.vacant_s,
        unknown_s=proven.unknown_s,
        over_s=proven.over_s,
        coverage=(Decimal(measured) / period).quantize(_SHARE) if period else Decimal("0.000"),
        doubtful=charge.doubtful,
        hours=charge.hours,
        per_hour=charge.per_hour,
        net=charge.net,
        spans=proven.spans,
        batches=proven.batches,
    )
