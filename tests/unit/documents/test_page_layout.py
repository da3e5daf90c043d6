"""Pages are broken by us: nothing runs off a page, no heading stands alone, no text runs into its neighbour."""

from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from smartwork.documents.measure import fit, fit_end, width
from smartwork.documents.page_layout import Frame, Group, Section, Sheet, paginate

BOTTOM = 260.0


@dataclass(frozen=True)
class Named:
    name: str
    height: float
    opens: bool = False

    def draw(self, sheet: Sheet, y: float) -> None:
        assert y + self.height <= BOTTOM
        sheet.text("body", 0, y, self.name)


def section(name: str, groups: list[list[tuple[bool, float]]]) -> Section:
    return Section(
        Named("head", 15, opens=True),
        [
            Group(
                Named(f"{name} {g}", 7, opens=True),
                Named("again", 7, opens=True),
                [Named(f"{name} {g} {i}", height, opens=sub) for i, (sub, height) in enumerate([*rows, (False, 4.3)])],
            )
            for g, rows in enumerate(groups)
        ],
        [Named(f"{name} total", 7)],
    )


groups = st.lists(st.lists(st.tuples(st.booleans(), st.floats(4, 12)), max_size=60), min_size=1, max_size=6)


@given(groups, groups)
def test_every_row_stands_once_in_order_no_heading_ends_a_page_and_no_ending_begins_one(
    first: list[list[tuple[bool, float]]], second: list[list[tuple[bool, float]]]
) -> None:
    sections = [section("a", first), section("b", second)]
    page_one, *sheets = paginate(Sheet(), sections, Frame("left", "right", "foot", "page", "of"))
    assert [text for *_, text in page_one.texts["right", "head"]] == [f"page 1 of {len(sheets) + 1}"]
    pages = [[text for *_, text in page.texts["left", "body"]] for page in sheets]
    wanted = [row for s in sections for g in s.groups for row in (g.heading, *g.rows)] + [s.ending[0] for s in sections]
    drawn = [name for page in pages for name in page if name not in ("head", "again")]
    assert sorted(drawn) == sorted(row.name for row in wanted if isinstance(row, Named))
    assert [n for n in drawn if n.startswith("a")] == drawn[: len([n for n in drawn if n.startswith("a")])]
    opening = {row.name for row in wanted if row.opens and isinstance(row, Named)} | {"head", "again"}
    assert all(page[0] == "head" and page[-1] not in opening for page in pages)
    assert not any(page[1].endswith("total") for page in pages)


@given(st.text(alphabet=st.characters(codec="latin-1", exclude_categories=["C"]), max_size=60), st.floats(4, 80))
def test_what_is_fitted_has_room(text: str, room: float) -> None:
    fitted = fit(text, "body", room)
    assert width(fitted, "body") <= room
    assert fitted == text or text.startswith(fitted[:-1])
    ending = fit_end(text, "body", room)
    assert width(ending, "body") <= room
    assert ending == text or text.endswith(ending[1:])


@given(st.lists(st.tuples(st.sampled_from([0.0, 8.0, 20.5]), st.integers(1, 60), st.text("ab", min_size=1, max_size=3))))
def test_joining_columns_moves_no_text(texts: list[tuple[float, int, str]]) -> None:
    sheet = Sheet()
    for x, step, text in sorted(texts, key=lambda item: item[1]):
        sheet.text("body", x, step * 4.3, text)
    groups: Any = sheet.json()["texts"]
    placed = [
        (x, round(y + pitch * i, 1), text)
        for _, _, *columns in groups
        for x, y, pitch, lines in columns
        for i, text in enumerate(lines.split("\n"))
        if text
    ]
    assert sorted(placed) == sorted((x, round(step * 4.3, 1), text) for x, step, text in texts)
