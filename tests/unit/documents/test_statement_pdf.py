"""The PDF of a centre's statement: every figure of the month on its pages, nothing of who was there, the same again."""

from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from smartwork.documents.files import NotWritable
from smartwork.documents.statement_pages import statement_first_page, statement_pages
from smartwork.documents.statement_pdf import render_statements, statement_pdf
from smartwork.documents.verify import verify
from smartwork.domain.billing.parties import Language
from smartwork.errors import InputError
from smartwork.translations import formats
from tests.support.documents import centre_statement, self_billed_credit, texts_in

LANGUAGES: tuple[Language, ...] = ("fr", "nl", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_tell_the_month_the_account_and_when_it_was_paid(language: Language) -> None:
    kept, document = centre_statement(language)
    made = statement_pdf(kept, document)
    assert made == statement_pdf(kept, document)
    pages = PdfReader(BytesIO(made))
    text = "".join(page.extract_text() for page in pages.pages)
    bare = "".join(text.split())
    shown = [
        formats.euro(kept.account.paid, language), formats.euro(kept.account.opening, language), kept.account.reference or "",
        formats.euro(kept.charged, language), document.number, formats.number(kept.earlier_months, language),
    ]  # fmt: skip
    assert [text for text in shown if "".join(text.split()) not in bare] == []
    assert list(pages.attachments) == [f"{document.number}.json"]
    assert pages.attachments[f"{document.number}.json"][0].decode() == kept.canonical()


def test_what_is_taken_back_is_below_zero_in_quantity_and_amount() -> None:
    kept, _ = centre_statement("en")
    account = statement_first_page(kept, self_billed_credit("en")).vat
    [taken] = [row for row in account.rows if row[0].startswith("The centre")]
    assert taken[1:] == ["−65 %", formats.euro(Decimal("-19.50"), "en")]


def test_every_day_and_every_unattributed_stay_stands_on_a_page_and_no_member_does() -> None:
    kept, document = centre_statement("en")
    texts = list(texts_in(statement_pages(kept, document, "0" * 64)))
    for row in kept.days:
        assert formats.short_day(row.day, "en") in texts
    assert sum(text.startswith("Bureau") for text in texts) >= len(kept.unattributed)
    assert "m-0" not in kept.canonical()


def test_checking_a_statement_leads_to_the_document_that_it_goes_with(tmp_path: Path) -> None:
    path = tmp_path / "statement.pdf"
    path.write_bytes(statement_pdf(*centre_statement()))
    with pytest.raises(InputError, match="Verify the self-billed document"):
        verify(path)


def test_a_document_without_a_statement_gets_no_file_and_a_folder_that_refuses_is_named(tmp_path: Path) -> None:
    kept, document = centre_statement()
    assert render_statements([document], {}, tmp_path) == {}
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotWritable, match="settling again"):
        render_statements([document], {document.number: kept}, tmp_path / "none")
