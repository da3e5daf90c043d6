"""The documents that a payment names are found as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from smartwork.domain.banking.references import documents_named, structured
from smartwork.domain.billing.payment_reference import formatted_reference, payment_reference

REFERENCES = {payment_reference(2026, n): f"INV-2026-{n:05d}" for n in range(1, 200)}
TWO, THREE = payment_reference(2026, 2), payment_reference(2026, 3)
NUMBERS = set(REFERENCES.values())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (formatted_reference(TWO), [2]),
        (f"***{formatted_reference(TWO)[3:-3]}***", [2]),
        (" ".join(TWO), [2]),
        (f"{TWO[:3]}.{TWO[3:7]}.{TWO[7:]} merci", [2]),
        (f"facture {TWO}, facture {THREE}", [2, 3]),
        (f"{THREE} {TWO}", [3, 2]),
        (f"RF00{TWO}", [2]),
        ("INV-2026-00002 and inv 2026 00003", [2, 3]),
        ("INV202600004", [4]),
        ("INV-2026-99999", []),
        (f"{TWO} {TWO} INV-2026-00002", [2]),
        (f"tel 0475123456 {TWO}", [2]),
        (f"1{TWO}", [2]),
        ("nothing at all", []),
        ("", []),
    ],
)
def test_references_are_found_in_a_free_text(text: str, found: list[int]) -> None:
    assert documents_named("", text, REFERENCES, NUMBERS) == tuple(f"INV-2026-{n:05d}" for n in found)


def test_a_creditor_reference_names_the_document_of_its_digits() -> None:
    creditor = f"RF{iso11649_check(TWO)}{TWO}"
    assert structured(f"{creditor[:4]} {creditor[4:8]} {creditor[8:]}") == creditor
    assert documents_named(creditor, "", REFERENCES, NUMBERS) == ("INV-2026-00002",)
    assert documents_named("", f"ref {creditor} merci", REFERENCES, NUMBERS) == ("INV-2026-00002",)


def iso11649_check(body: str) -> str:
    return next(f"{n:02d}" for n in range(100) if iso11649.is_valid(f"RF{n:02d}{body}"))


def test_a_structured_reference_takes_precedence_over_the_text() -> None:
    assert documents_named(TWO, f"and {THREE}", REFERENCES, NUMBERS) == ("INV-2026-00002",)


@pytest.mark.parametrize("text", ["", "000000000001", "RF00", "12345", "١٢٣٤٥٦٧٨٩٠١٢"])
def test_a_wrong_reference_is_none(text: str) -> None:
    assert structured(text) == ""


@given(
    ordinal=st.integers(1, 199),
    gaps=st.lists(st.sampled_from(["", " ", "/", ".", " / ", "-"]), min_size=11, max_size=11),
    before=st.sampled_from(["", "Facture ", "ref: ", "+++"]),
)
def test_a_reference_is_found_however_its_digits_are_spaced(ordinal: int, gaps: list[str], before: str) -> None:
    digits = payment_reference(2026, ordinal)
    written = digits[0] + "".join(f"{gap}{digit}" for gap, digit in zip(gaps, digits[1:], strict=True))
    assert documents_named("", f"{before}{written} merci", REFERENCES, NUMBERS)[0] == f"INV-2026-{ordinal:05d}"
