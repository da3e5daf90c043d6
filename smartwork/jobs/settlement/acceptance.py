"""Recording whether centres accept their self-billed documents, and taking refused ones back."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from smartwork.db.accounting import journal
from smartwork.db.billing import documents
from smartwork.db.billing.documents import NewDocument
from smartwork.db.core.connection import Connection
from smartwork.db.settlement import acceptance, payouts, settlements
from smartwork.documents.files import Files, render
from smartwork.domain.accounting import postings
from smartwork.domain.billing.composition import compose, kind_of, series_of
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.settlement.acceptance import (
    Acceptance,
    AcceptanceEvent,
    require_cancellable,
    require_reply_possible,
)
from smartwork.domain.settlement.settlement import cancellation, cancellation_head
from smartwork.errors import InputError
from smartwork.progress import Progress


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The document that takes a refused one back, and its files."""

    invoice: Invoice
    files: Files


def record_reply(connection: Connection, number: str, event: AcceptanceEvent, at: datetime) -> Acceptance:
    """Record that a centre accepts or refuses a document, and return its acceptance then. Raises InputError.

    A document that is not accepted is not paid out.
    """
    with documents.issuing_transaction(connection):
        payouts.lock_payouts(connection)
        found = _acceptance(connection, number)
        require_reply_possible(found, event, at.date())
        author = acceptance.put_acceptance_event(connection, number, event, at)
    return replace(found, events=(*found.events, replace(event, recorded_by=author)))


def take_back(connection: Connection, number: str, at: datetime, out_dir: Path, progress: Progress) -> Cancellation:
    """Issue the document that takes a refused one back in full; its files go to `out_dir/<YYYY-MM>/`.

    What the refused document settled is not settled any more: the next settlement of its month settles it again, by the
    contract of then. Raises InputError and NotWritable.
    """
    with documents.issuing_transaction(connection):
        payouts.lock_payouts(connection)
        found = _acceptance(connection, number)
        refused = documents.numbered(connection, number)
        document, centre_id = refused.invoice, refused.centre_id or 0
        since = min(line.starts_on.replace(day=1) for line in document.lines)
        later = [each for each in documents.of_centre(connection, centre_id, since) if each.number != number]
        require_cancellable(found, document, later, at.date())
        head, groups = cancellation_head(document, at.date()), cancellation(document)
        series = series_of(kind_of(head, groups), at.date(), document.account)
        credit = compose(head, groups, ordinal=documents.take_number(connection, series))
        first = settlements.first_settlement(connection, centre_id, document.month)
        issue = NewDocument(credit, centre_id=centre_id, corrects=first.number if first else None)
        documents.store(connection, [issue], at)
        settlement_id, charged = acceptance.settlement_of(connection, number)
        journal.post(connection, postings.settlement_posting(credit, -charged))
        acceptance.store_cancellation(connection, settlement_id, number, credit.number)
    [files] = render([credit.canonical()], out_dir / f"{credit.month:%Y-%m}", progress)
    return Cancellation(credit, files)


def _acceptance(connection: Connection, number: str) -> Acceptance:
    found = acceptance.acceptances(connection, number)
    if not found:
        raise InputError(f"There is no self-billed document {number!r}. To list them: smartwork settle list")
    return found[0]
