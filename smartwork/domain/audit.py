"""The proof, to the cent, that documents, books and evidence say the same: each check says where it fails."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from smartwork.domain import audit_books, audit_centres, audit_documents, audit_payouts
from smartwork.domain.audited import Stored


@dataclass(frozen=True, slots=True)
class Check:
    """One statement about the books: what it says, and where it does not hold (nowhere: it is proven)."""

    name: str
    statement: str
    faults: tuple[str, ...]


def audit(stored: Stored) -> list[Check]:
    """Every check over what is stored, in a fixed order."""
    checks: tuple[tuple[str, str, Callable[[Stored], Iterator[str]]], ...] = (
        ("documents", "Every document is as it was issued, and its rows say the same", audit_documents.documents),
        ("figures", "Every figure follows from the evidence and terms in its document", audit_documents.figures),
        ("numbers", "Every series is numbered without gaps", audit_documents.numbers),
        ("evidence", "No line without evidence", audit_documents.evidence),
        ("minutes", "Every minute and every booking is billed at most once", audit_documents.minutes),
        ("billed", "What is kept as billed, so that it is not billed again, stands on documents", audit_documents.billed),
        ("postings", "Every posting balances, and every document is posted once, as its figures say", audit_books.postings),
        ("payments", "Every payment is posted once, and companies owe what their documents leave open", audit_books.payments),
        ("centres", "Company charges = centre credits + network margin + what is not settled yet", audit_books.centres),
        ("settled", "Every charge is settled with its centre once, or stands as not settled yet", audit_centres.settled),
        ("terms", "Each centre is owed what the terms kept for a month make of its charges", audit_centres.terms),
        ("payouts", "The bank was told what the books say, and centres are owed what is not paid out", audit_payouts.payouts),
        (
            "statements",
            "Every statement to a centre is as it was kept, and says what the books say",
            audit_centres.statements,
        ),
        ("VAT", "VAT on the accounts is the VAT of the documents", audit_books.vat),
        ("pools", "The pools' liability is what was bought less what was spent or expired", audit_books.pools),
    )
    return [Check(name, statement, tuple(find(stored))) for name, statement, find in checks]
