"""A visit's evidence is explained and drawn as the snapshot holds it; a figure that it lacks is never shown as zero."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from dashboard import evidence
from smartwork.db.read.dashboard import billed_or_none
from smartwork.domain.billing.billed_visit import BilledVisit, SnapshotVisit
from smartwork.domain.bookings.visit import Verdict, Visit
from smartwork.domain.presence.spans import Span
from tests.support.stays import line, stay

START, SUSPECT_UNTIL, END = (datetime(2026, 10, 5, hour, tzinfo=UTC) for hour in (7, 8, 11))


def visit(verdict: Verdict) -> Visit:
    """A booking of 4 h: 1 h of suspect presence, then 3 h of unknown time."""
    return replace(
        stay(240), verdict=verdict, starts_at=START, ends_at=END, occupied_s=3_600, vacant_s=1_800, unknown_s=9_000,
        spans=(Span(START, SUSPECT_UNTIL, "occupied", suspect=True), Span(SUSPECT_UNTIL, END, "unknown")),
    )  # fmt: skip


def test_unknown_time_is_named_and_doubt_goes_to_the_customer() -> None:
    text = evidence.sentence(visit("unverifiable"))
    assert "Booked from 09:00 to 13:00 (4 h)" in text
    assert "measured: 1 h occupied, 30 min vacant, 2 h 30 min unknown" in text
    assert "never charged more than was booked" in text


@pytest.mark.parametrize("verdict", evidence.LABEL)
def test_every_verdict_has_its_own_sentence(verdict: Verdict) -> None:
    others = {evidence.sentence(visit(other)) for other in evidence.LABEL if other != verdict}
    assert evidence.sentence(visit(verdict)) not in others


def test_the_drawing_marks_suspect_time_apart_from_occupied_time() -> None:
    svg = evidence.timeline(visit("used"))
    assert "Suspect 09:00 to 10:00" in svg
    assert "Occupied" not in svg
    assert "Unknown 10:00 to 13:00" in svg


def test_a_snapshot_gives_the_visit_that_was_billed_with_its_batches_and_ledger() -> None:
    [billed] = line()[0].visits
    assert billed_or_none(to_snapshot(billed)) == billed
    assert billed.visit.batches
    assert billed.visit.ledger


@pytest.mark.parametrize("figure", ["booked_s", "occupied_s", "vacant_s", "unknown_s", "over_s", "coverage", "hours"])
def test_a_snapshot_that_lacks_a_figure_gives_no_visit_rather_than_zero(figure: str) -> None:
    snapshot = to_snapshot(line()[0].visits[0])
    assert billed_or_none(snapshot) is not None
    del snapshot[figure]
    assert billed_or_none(snapshot) is None


def to_snapshot(billed: BilledVisit) -> dict[str, object]:
    """The JSON values of a visit in a snapshot."""
    values: dict[str, object] = TypeAdapter(SnapshotVisit).dump_python(billed, mode="json")
    return values
