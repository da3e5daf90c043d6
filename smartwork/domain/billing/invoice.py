"""The document as a value: invoice, credit note or self-billed document, with the evidence of every line, and its snapshot.

A field whose key in the snapshot is an older word has an alias. Keys never change: the digest is computed on them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, WrapSerializer

from smartwork.domain.billing.billed_visit import SnapshotVisit
from smartwork.domain.billing.book_head import BookHead
from smartwork.domain.billing.canonical_json import canonical_text
from smartwork.domain.billing.contracts import ChargeMode
from smartwork.domain.billing.parties import Language, Party, VatCategory
from smartwork.domain.bookings.visit import Verdict
from smartwork.domain.network.places import PlaceKind

DocumentKind = Literal["invoice", "credit_note", "self_billed_invoice", "self_billed_credit_note"]
"""UBL types 380, 381, 389 and 261. Quantities and amounts of a credit note are positive: they are owed to the buyer."""

DRAWING = 1
"""The version that draws the documents that are issued now: their pages and the texts in their XML. It goes up when either
changes for the same snapshot, and the drawer of the version before is kept (smartwork/documents/drawers.py)."""

LineKind = Literal[
    "occupancy",  # hours of one booking or stay
    "pass",  # half-day or day passes over a member's day
    "beyond_pass",  # the hours of that day that the passes of line `of_line` do not cover
    "no_show",  # the fixed fee for one no-show
    "cancelled_late",  # the fixed fee for one late cancellation
    "credits_bought",  # prepaid hours, sold by an order
    "overdraft",  # hours beyond the prepaid hours left, sold at the pool's price
    "item",  # something that an order names, supplied on one day
    "subscription",  # a supply by the month, on the line's days of one month
    "correction",  # reverses a line of an earlier document (`corrects`): the quantity is negated
    "settlement",  # what the network owes a centre
]

RevenueKind = PlaceKind | Literal["other"]
"""What a line is about: a kind of place, or other supplies (items and subscriptions)."""

Unit = Literal["hour", "half_day", "day", "piece", "month", "seat", "share"]
"""The unit of `quantity`. For a `share` the price is the sum that the share is taken of."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The contract's rule and the tariff's prices as they held for a line: with the visits, all that sets its figures.

    Minutes, EUR net, hours; None if the contract or tariff has no such thing.
    """

    charge: ChargeMode
    grace_min: int
    step_min: int
    minimum_min: int
    no_show_share: Decimal
    no_show_fee: Decimal | None
    early_leave_refund: Annotated[bool, Field(alias="give_back")]
    per_hour: Decimal
    half_day: Decimal | None
    half_day_hours: Decimal
    day: Decimal | None
    cancellation_hours: int | None = None
    cancellation_share: Decimal | None = None
    cancellation_fee: Decimal | None = None


def _without_cancellation(terms: Terms, dump: Callable[[Terms], dict[str, Any]]) -> dict[str, Any]:
    """The terms in the snapshot; those of cancellation have keys only where the contract has them."""
    unset = {key for key in ("cancellation_hours", "cancellation_share", "cancellation_fee") if getattr(terms, key) is None}
    return {key: value for key, value in dump(terms).items() if key not in unset}


@dataclass(frozen=True, slots=True)
class SupplyTerms:
    """What was agreed for an item or a subscription: product, text, quantity, and EUR net for one unit or a whole month."""

    product: str
    description: str
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Drawdown:
    """Hours taken from a lot, and their value in EUR net; negative where a correction returns them."""

    lot: str
    bought_on: date
    hours: Decimal
    value: Annotated[Decimal, Field(alias="worth")]


@dataclass(frozen=True, slots=True)
class LineReference:
    """A line of an issued document."""

    number: str
    issued_on: date
    line: int


CorrectionCause = Literal[
    "later_readings",  # readings or check-ins that arrived after the line was issued
    "booking_changed",  # the booking was changed, cancelled or replaced
    "contract_changed",
    "price_changed",
    "other_visits",  # another visit of the day changed the passes, or took over the time
]
"""Why a line of an earlier document is taken back."""


@dataclass(frozen=True, slots=True)
class CorrectedVisit:
    """A visit of a corrected line as that line charged it; `hours` are what was chargeable."""

    resource_name: str
    timezone: str
    starts_at: datetime
    ends_at: datetime
    booking: str | None
    check_in: str | None
    member: str | None
    verdict: Verdict
    hours: Decimal


@dataclass(frozen=True, slots=True)
class Correction:
    """Why a line is taken back, and the visits that it charged. What is charged now are lines of the same document."""

    causes: tuple[CorrectionCause, ...]
    visits: tuple[CorrectedVisit, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `net` is `quantity` × `price` to the cent, exactly as Peppol recomputes it; a price is never negative.

    By kind: an `occupancy`, `beyond_pass`, `no_show` or `cancelled_late` line has one visit or, with `of_line`, those of the
    line it names; a `pass` has all the visits that it covers. `hours` are what was chargeable; those that `draws` paid are
    not in `quantity`, so that a line that prepaid hours pay completely has quantity and net 0. `label` is the name of an
    order (`credits_bought`, `item`, `subscription`); `supply` is what was agreed for an item or a subscription. `corrects` is
    the line that a correction reverses or a credit note credits. `correction` explains a reversal; older documents have none.
    """

    line: int
    kind: LineKind
    quantity: Decimal
    unit: Unit
    price: Decimal
    net: Decimal
    vat_category: VatCategory
    vat_rate: Decimal
    starts_on: date
    ends_on: date
    centre: str | None = None
    centre_name: str | None = None
    place_kind: RevenueKind | None = None
    hours: Decimal = Decimal(0)
    terms: Annotated[Terms, WrapSerializer(_without_cancellation)] | None = None
    visits: Annotated[tuple[SnapshotVisit, ...], Field(alias="proofs")] = ()
    drawdowns: Annotated[tuple[Drawdown, ...], Field(alias="draws")] = ()
    of_line: int | None = None
    corrects: LineReference | None = None
    label: str | None = None
    supply: SupplyTerms | None = None
    correction: Correction | None = None


def _without_unset(line: Line, dump: Callable[[Line], dict[str, Any]]) -> dict[str, Any]:
    """The line in the snapshot; `supply` and `correction` have a key only where the line has them."""
    return {key: value for key, value in dump(line).items() if key not in ("supply", "correction") or value is not None}


@dataclass(frozen=True, slots=True)
class VatTotal:
    """VAT of one category and rate (percent), computed once on the sum of its lines.

    AE, E and O say why there is none: `code` from the VATEX list where there is one, and `reason`.
    """

    category: VatCategory
    rate: Decimal
    base: Decimal
    vat: Decimal
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """The account to pay to.

    `reference` is a Belgian structured communication of 12 digits, an RF creditor reference (ISO 11649) if the buyer is in
    another country of SEPA, or else the number of the document; None for documents that the buyer does not pay by reference.
    """

    iban: str
    holder: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class PoolStatement:
    """The movement of a pool's hours over the document's period: opening + bought - spent - expired = closing."""

    kind: PlaceKind
    opening: Decimal
    bought: Decimal
    spent: Decimal
    expired: Decimal
    closing: Decimal


@dataclass(frozen=True, slots=True)
class StatementRow:
    """What one place of a centre, or its other supplies together, brought in: visits, hours and EUR net.

    `prepaid_value` is the part that was paid by prepaid hours. Only in self-billed documents.
    """

    resource: str
    resource_name: str
    kind: RevenueKind
    visits: int
    hours: Decimal
    net: Decimal
    prepaid_value: Annotated[Decimal, Field(alias="of_it_credits")]


@dataclass(frozen=True, slots=True)
class Unattributed:
    """The unattributed stays of a month in a centre, and their hours of presence: billed to nobody."""

    visits: int
    hours: Decimal


@dataclass(frozen=True, slots=True)
class DocumentReference:
    """An earlier document that this one corrects."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class Invoice:
    """A document as it is issued. Its files and postings are derived from this value alone.

    `account` is the slug of the company or, in a self-billed document, of the centre that is then the seller. `corrects`
    names the documents that a credit note (always) or a line of an invoice (where it has a correction) refers to. `drawing`
    is the version that draws it; None if it was issued before snapshots stated one. `book_head` is the head of the books
    before it was issued: whoever has the document can prove the books up to it. Older documents have none. With `pdf_in_xml`
    the XML embeds the pages as PDF; it is True, or absent from the snapshot.
    """

    kind: DocumentKind
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
    account: str
    seller: Party
    buyer: Party
    lines: tuple[Annotated[Line, WrapSerializer(_without_unset)], ...]
    vat_totals: tuple[VatTotal, ...]
    net: Decimal
    vat: Decimal
    gross: Decimal
    payment: Payment | None
    is_demo: bool
    corrects: tuple[DocumentReference, ...] = ()
    reason: str | None = None
    pools: tuple[PoolStatement, ...] = ()
    statement: tuple[StatementRow, ...] = ()
    unattributed: Unattributed | None = None
    drawing: int | None = None
    book_head: BookHead | None = None
    pdf_in_xml: Literal[True] | None = None

    @property
    def is_credit(self) -> bool:
        """Whether the amounts are owed to the buyer."""
        return self.kind in ("credit_note", "self_billed_credit_note")

    @property
    def is_electronic(self) -> bool:
        """Whether it is an e-invoice: both parties have an electronic address."""
        return self.seller.endpoint is not None and self.buyer.endpoint is not None

    @property
    def is_self_billed(self) -> bool:
        """Whether the buyer issued it for the seller: the network for a centre."""
        return self.kind in ("self_billed_invoice", "self_billed_credit_note")

    def canonical(self) -> str:
        """The snapshot as canonical JSON text: sorted keys, no blanks, amounts as text."""
        return canonical_text(_SNAPSHOT.dump_python(self, mode="json", by_alias=True, exclude=_absent(self)))

    @classmethod
    def parse(cls, document: object) -> "Invoice":
        """The document of a snapshot given as JSON values; raises ValueError if it is not valid."""
        return _SNAPSHOT.validate_python(document, strict=False)

    @classmethod
    def read(cls, canonical: str) -> "Invoice":
        """The document of a snapshot given as text; raises ValueError if it is not valid."""
        return _SNAPSHOT.validate_json(canonical)


_SNAPSHOT = TypeAdapter(Invoice)

MOST_LINES_WITH_PDF = 1000
"""Lines of a document whose XML embeds its pages: about 1 MB of PDF. A longer one has its PDF beside the XML only."""


_OPTIONAL = ("legal_form", "court", "email", "website", "foreign_vat_number", "endpoint_id", "terms_version", "terms_url")
"""Fields of a party that snapshots have only where they are given."""


def _absent(invoice: Invoice) -> dict[str, Any]:
    """The keys that its snapshot has not: the digest of a document that was issued before them stays as it is."""
    parties = {"seller": invoice.seller, "buyer": invoice.buyer}
    absent: dict[str, Any] = {
        name: {field for field in _OPTIONAL if getattr(party, field) is None} for name, party in parties.items()
    }
    absent |= {name: True for name in ("drawing", "book_head", "pdf_in_xml") if getattr(invoice, name) is None}
    return absent
