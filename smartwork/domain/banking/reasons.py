"""Why an entry has to be decided by a person, and what that person can do."""

from smartwork.domain.banking.matching import Reason

REASONS: dict[Reason, tuple[str, str]] = {
    "no_document": ("names no document, and no document of the payer leaves just this amount open", "match it or ignore it"),
    "other_reference": ("has a reference of no document", "match it or ignore it"),
    "nothing_open": ("pays a document on which nothing is open", "match it to another document, or refund it"),
    "too_much": ("is more than is open on the document", "match the rest to another document, or refund it"),
    "several": ("names several documents that do not add up to it", "match a part of it to each"),
    "other_company": ("comes from the account of another company than the document's", "match it if that is right"),
    "other_currency": ("was paid in another currency", "match it, with --amount where less is meant"),
    "credit_note": ("names a credit note, which the company does not pay", "match it to an invoice"),
    "no_payout": ("is no payment that was ordered here", "ignore it, or match it to the document that it refunds"),
    "payout_differs": ("has the reference of a payout, and another amount or account, or comes again", "ask the bank"),
    "no_original": ("is a return of a payment that no statement lists", "match it or ignore it"),
    "by_hand": ("was undone by hand", "match it or ignore it"),
}
"""For each reason: what the entry is, and what to do."""
