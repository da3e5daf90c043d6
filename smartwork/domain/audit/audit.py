"""The proof, to the cent, that documents, books and evidence say the same: each check says where it fails."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from smartwork.domain.audit import books, centres, documents, payouts
from smartwork.domain.audit.stored import Stored


@dataclass(frozen=True, slots=True)
class Check:
    """One statement about the books: what it says, and where it does not hold (nowhere: it is proven)."""

    name: str
    statement: str
    faults: tuple[str, ...]


def audit(stored: Stored) -> list[Check]:
    """Every check over what is stored, in a fixed order."""
    checks: tuple[tuple[str, str, Callable[[Stored], Iterator[str]]], ...] = (
        ("documents", "Every document is as it was issued, and its rows say the same", documents.documents),
        ("figures", "Every figure follows from the evidence and terms in its document", documents.figures),
        ("numbers", "Every series is numbered without gaps", documents.numbers),
        ("evidence", "No line without evidence", documents.evidence),
        ("minutes", "Every minute and every booking is billed at most once", documents.minutes),
        ("billed", "What is kept as billed, so that it is not billed again, stands on documents", documents.billed),
        ("postings", "Every posting balances, and every document is posted once, as its figures say", books.postings),
        ("payments", "Every payment is posted once, and companies owe what their documents leave open", books.payments),
        ("centres", "Company charges = centre credits + network margin + what is not settled yet", books.centres),
        ("settled", "Every charge is settled with its centre once, or stands as not settled yet", centres.settled),
        ("terms", "Each centre is owed what the terms kept for a month make of its charges", centres.terms),
        ("payouts", "The bank was told what the books say, and centres are owed what is not paid out", payouts.payouts),
        (
            "statements",
            "Every statement to a centre is as it was kept, and says what the books say",
            centres.statements,
        ),
        ("VAT", "VAT on the accounts is the VAT of the documents", books.vat),
        ("pools", "The pools' liability is what was bought less what was spent or expired", books.pools),
    )
    return [Check(name, statement, tuple(find(stored))) for name, statement, find in checks]
