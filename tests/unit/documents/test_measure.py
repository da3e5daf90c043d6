"""What we take for the width of a text is never less than what the typesetter finds."""

import json

import pytest
import typst

from smartwork.documents.character_set import SHOWN
from smartwork.documents.measure import width
from smartwork.documents.styles import LOOKS, Style

_SOURCE = """
#set text(font: "Libertinus Serif", size: {size}pt, weight: "{weight}", style: "{slant}", number-width: "tabular")
#context [#metadata(json(bytes(sys.inputs.texts)).map(text => measure(text).width / 1mm))<widths>]
"""
_SLACK_MM = 0.005


def set_width(texts: list[str], style: Style) -> list[float]:
    look = LOOKS[style]
    source = _SOURCE.format(size=look.size, weight=look.weight, slant=look.slant)
    compiler = typst.Compiler(source.encode(), ignore_system_fonts=True, sys_inputs={"texts": json.dumps(texts)})
    found: list[float] = json.loads(compiler.query("<widths>", field="value", one=True))
    return found


@pytest.mark.parametrize("style", ["body", "bold", "note"])
def test_no_character_is_wider_than_we_think(style: Style) -> None:
    texts = [f"x{character * 5}x" for character in sorted(SHOWN)]
    wider = [
        (text, found, width(text, style))
        for text, found in zip(texts, set_width(texts, style), strict=True)
        if found > width(text, style) + _SLACK_MM
    ]
    assert wider == []


@pytest.mark.parametrize("style", ["display", "owed-amount", "brand", "head"])
def test_words_and_amounts_are_measured_with_little_to_spare(style: Style) -> None:
    texts = [
        "Note de crédit (autofacturation)",
        "−1\u202f234\u202f567,89\u00a0€",
        "WAVE To AV",
        "Coworking & Søn SA/NV",
        "½ ½ ½",
    ]
    for text, found in zip(texts, set_width(texts, style), strict=True):
        assert found <= width(text, style) + _SLACK_MM
        assert width(text, style) < 1.3 * found
