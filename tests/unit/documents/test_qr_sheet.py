"""A sheet of QR codes: one card for each place, six on a page, whatever the names."""

from io import BytesIO

import pypdf

from smartwork.documents.qr_sheet import QrCard, qr_sheet


def test_every_place_has_its_card_with_its_name_and_address() -> None:
    names = [
        "Desk 1",
        "Réunion «Été»",
        'A "quoted" <name>',
        "#desk[1]",
        "Bureau partagé au premier étage, près de la fenêtre",
        "6",
        "7",
    ]
    cards = [QrCard(name, f"https://places.example.org/q/{'x' * 21}{number}") for number, name in enumerate(names)]
    reader = pypdf.PdfReader(BytesIO(qr_sheet("Smart Work Center Mons", cards, "fr")))
    assert len(reader.pages) == 2
    text = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    for card in cards:
        assert card.address in text
        assert card.name.split()[0] in text
    assert text.count("Enregistrez-vous ici") == len(cards)
