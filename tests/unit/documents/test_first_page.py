"""The first page: names of any length stand whole, tables are limited, and what is to be paid follows its label."""

from dataclasses import replace

import pytest

from smartwork.documents.first_page import FIRST_PAGE_ROWS, first_page
from smartwork.documents.pages import document_pages
from smartwork.documents.pdf import drawn, pdf
from smartwork.documents.statement_pages import statement_first_page
from smartwork.documents.ubl import ubl
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import Language
from tests.support.documents import centre_statement, every_kind, invoice, mixed_invoice, page_texts, prepaid_invoice

LANGUAGES: tuple[Language, ...] = ("fr", "nl", "en")
LONGEST = ("Agence de développement territorial " * 9)[:300].strip()


def pages_of(example: Invoice) -> list[str]:
    return page_texts(pdf(example, example.canonical(), ubl(example, example.canonical())))


def bare(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_of_every_kind_has_all_its_texts_and_ends_with_the_digest(language: Language) -> None:
    for example in (*every_kind(language), mixed_invoice(language)):
        page = first_page(example)
        printed = pages_of(example)[0]
        texts = [page.title, page.month, page.mark, *page.figures(), *page.mentions, *page.notes, page.fingerprint_label]
        assert [text for text in texts if bare(text) not in printed] == []
        # The footer is the last text of a page.
        assert printed.index(bare(page.fingerprint_label)) > max(printed.index(bare(row[0])) for row in page.vat.rows)


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "Rien à payer."), ("nl", "Er is niets te betalen."), ("en", "Nothing is to be paid.")]
)
def test_a_document_of_nothing_asks_for_no_payment(language: Language, said: str) -> None:
    example = prepaid_invoice(language)
    assert example.gross == 0
    assert (example.kind, example.payment) == ("invoice", None)
    page, printed = first_page(example), pages_of(example)[0]
    assert (page.due, page.payment.rows, page.payment.code, page.payment.sentence) == (None, [], None, said)
    assert bare(said) in printed
    assert example.seller.iban
    assert example.seller.iban not in printed
    assert "+++" not in printed
    xml = ubl(example, example.canonical()).decode()
    assert "PaymentMeans" not in xml
    assert said in xml


def test_names_as_long_as_can_be_stand_whole_and_the_payment_follows_on_the_next_page() -> None:
    example = mixed_invoice("fr")
    assert example.payment
    long = replace(
        example,
        seller=replace(example.seller, name=LONGEST, street=LONGEST),
        buyer=replace(example.buyer, name=LONGEST, street=LONGEST, town=LONGEST),
        buyer_reference=LONGEST,
        payment=replace(example.payment, holder=LONGEST),
        lines=tuple(replace(line, centre_name=line.centre_name and LONGEST) for line in example.lines),
    )
    printed = pages_of(long)
    assert "".join(printed[:2]).count(bare(LONGEST)) >= 8
    assert bare("+++202/6000/00802+++") in printed[1]


@pytest.mark.parametrize("count", [1, FIRST_PAGE_ROWS, FIRST_PAGE_ROWS + 1, 40])
def test_the_summary_names_so_many_centres_and_adds_up_the_others(count: int) -> None:
    example = invoice("en", count)
    lines = [replace(line, centre=f"c-{n:02}", centre_name=f"Centre {n}") for n, line in enumerate(example.lines)]
    table = first_page(replace(example, lines=tuple(lines))).summary
    assert len(table.rows) <= FIRST_PAGE_ROWS
    assert sum(int(row[1]) for row in table.rows) == count == int(table.total[1])
    assert table.rows[-1][0] == (f"Centre {count - 1}" if count <= FIRST_PAGE_ROWS else f"{count - 11} other centres")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("count", "more"), [(1, None), (7, None), (8, 2), (40, 34)])
def test_a_centre_whose_months_were_corrected_often_still_reads_its_total(
    language: Language, count: int, more: int | None
) -> None:
    kept, document = centre_statement(language)
    [line, *_] = document.lines
    many = replace(document, lines=tuple(replace(line, line=n) for n in range(1, count + 1)))
    account = statement_first_page(kept, many).vat
    assert len(account.rows) <= FIRST_PAGE_ROWS
    left = [row[0].split()[1] for row in account.rows if row[0].startswith("+ ")]
    assert left == ([str(more)] if more else [])


def test_one_line_is_not_called_lines() -> None:
    kept, document = centre_statement("fr")
    [line, *_] = document.lines
    many = replace(document, lines=(line,) * 40)
    rows = statement_first_page(kept, many).vat.rows
    assert any(row[0].startswith("+ 34 lignes, ") for row in rows)
    thirteen = replace(every_kind("fr")[6], lines=(line,) * (FIRST_PAGE_ROWS + 1))
    assert first_page(thirteen).summary.rows[-1][0] == "+ 1 ligne"


def test_on_the_first_page_a_label_is_followed_by_what_it_names() -> None:
    example = mixed_invoice("en")
    page = first_page(example)
    printed = pages_of(example)[0]
    pairs = [*page.facts, *page.payment.rows, (page.total_label, page.gross), (page.summary.total[0], page.summary.total[1])]
    assert page.due
    for label, text in (*pairs, page.due):
        assert bare(label + text) in printed


def test_every_page_has_its_number_and_the_mark_of_made_up_data() -> None:
    example = invoice("en", 60)
    printed = pages_of(example)
    assert len(printed) > 2
    for number, text in enumerate(printed, start=1):
        assert f"page{number}of{len(printed)}" in text
        assert bare("DEMO – fictitious data") in text
    real = page_texts(drawn(document_pages(replace(example, is_demo=False), "0" * 64), {"evidence": "{}"}, example.issued_on))
    assert not any("DEMO" in text for text in real)
