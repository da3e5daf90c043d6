"""One movement is one entry, whichever files, formats and versions list it; two equal payments stay two."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.banking.same_movement import Source, StoredEntry, known_entries
from smartwork.domain.banking.statement import BankEntry, BankStatement, StatementFormat

DAY = date(2026, 11, 10)
PAID = BankEntry("1", DAY, Decimal("42.35"), "REF-000000001", "Bolt", "BE68539007547034", "202600000247")


def statement(
    *entries: BankEntry, kind: StatementFormat = "camt.053", number: str = "2026/001", opening: str = "0"
) -> BankStatement:
    closing = Decimal(opening) + sum(entry.amount for entry in entries)
    return BankStatement(kind, "f", "BE92999900000123", number, Decimal(opening), DAY, closing, DAY, entries)


class Account:
    """The movements of an account, as imports store them."""

    def __init__(self) -> None:
        self.stored: dict[int, StoredEntry] = {}
        self._statements = 0

    def put(self, given: BankStatement) -> int:
        """Import a statement; returns the number of new movements."""
        self._statements += 1
        known = known_entries(given, list(self.stored.values()))
        new = 0
        for entry, found in zip(given.entries, known, strict=True):
            source = Source(
                self._statements, given.format, given.number, given.opening, given.closing, entry.bank_reference, entry.batch
            )
            if not found:
                key = len(self.stored) + 1
                self.stored[key] = StoredEntry(key, entry, (source,))
                new += 1
            for key in found:
                self.stored[key] = replace(self.stored[key], sources=(*self.stored[key].sources, source))
        return new


def test_the_same_file_again_has_nothing_new() -> None:
    account = Account()
    assert (account.put(statement(PAID)), account.put(statement(PAID))) == (1, 0)


def test_overlapping_files_add_what_the_first_lacks() -> None:
    account, other = Account(), replace(PAID, bank_reference="REF-000000002")
    account.put(statement(PAID))
    assert account.put(statement(PAID, other, number="2026/007")) == 1


def test_two_equal_payments_of_a_day_are_two() -> None:
    other = replace(PAID, bank_reference="REF-000000002")
    assert Account().put(statement(PAID, other)) == 2


def test_the_other_format_has_the_same_movements() -> None:
    account, other = Account(), replace(PAID, bank_reference="REF-000000002")
    account.put(statement(PAID, other))
    coda = [replace(each, bank_reference=f"CODA {n}", name="BOLT NV") for n, each in enumerate((PAID, other))]
    assert account.put(statement(*coda, kind="coda", number="2026/044")) == 0


def test_a_text_that_a_format_shortens_is_the_same_movement() -> None:
    account = Account()
    account.put(statement(replace(PAID, reference="", text="Facture d'octobre, bureaux de Namur", bank_reference="")))
    shortened = replace(PAID, reference="", text="FACTURE D OCTOBRE BUR", bank_reference="00017")
    assert account.put(statement(shortened, kind="coda")) == 0


def test_a_corrected_statement_has_nothing_new() -> None:
    account = Account()
    account.put(statement(PAID))
    assert account.put(statement(replace(PAID, name="Bolt NV, corrected", text="see letter"))) == 0


def test_a_batch_that_only_one_format_itemises_is_known() -> None:
    parts = [BankEntry(f"1.{n}", DAY, Decimal(-n), "B1", "", f"BE0{n}", end_to_end_id=f"E{n}", batch="1") for n in (20, 30)]
    whole = BankEntry("0001.0000", DAY, Decimal(-50), "X", is_batch=True)
    itemised_first, whole_first = Account(), Account()
    assert (itemised_first.put(statement(*parts)), itemised_first.put(statement(whole, kind="coda"))) == (2, 0)
    assert (whole_first.put(statement(whole, kind="coda")), whole_first.put(statement(*parts))) == (1, 0)


def test_without_references_the_statement_that_follows_has_other_payments() -> None:
    account, paid = Account(), replace(PAID, bank_reference="")
    account.put(statement(paid))
    assert account.put(statement(paid, number="2026/002", opening="42.35")) == 1
    assert account.put(statement(paid)) == 0


_PAYMENTS = st.lists(
    st.tuples(st.sampled_from(["10.00", "-10.00", "25.00"]), st.sampled_from(["", "A", "B"]), st.integers(1, 3)),
    max_size=12,
)


@given(_PAYMENTS, st.data())
def test_any_files_in_any_order_store_each_movement_once(
    payments: Sequence[tuple[str, str, int]], data: st.DataObject
) -> None:
    """Each file lists whole days, in either format, with the bank's own references; some files come several times."""
    entries = [
        BankEntry(f"{n}", date(2026, 11, day), Decimal(amount), f"REFERENCE{n:04d}", iban=iban and f"BE0{iban}", text=iban)
        for n, (amount, iban, day) in enumerate(payments)
    ]
    account = Account()
    files = data.draw(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.booleans()), max_size=5))
    for first, last, is_coda in [*files, (1, 3, False)]:
        listed = [each for each in entries if first <= each.booked_on.day <= last]
        if is_coda:
            listed = [replace(each, bank_reference=f"C{each.bank_reference[::-1]}") for each in listed]
        account.put(statement(*listed, kind="coda" if is_coda else "camt.053", number=f"{first}-{last}"))
    stored = sorted((each.entry.booked_on, each.entry.amount) for each in account.stored.values())
    assert stored == sorted((each.booked_on, each.amount) for each in entries)
