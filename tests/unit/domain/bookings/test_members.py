"""A list of members is compared with those that are registered: nobody changes company, nobody comes back by a list."""

from datetime import UTC, datetime

from smartwork.domain.bookings.members import MemberRow, RegisteredMember, plan_members

REGISTERED = {
    "m-1": RegisteredMember("m-1", "acme", None),
    "m-2": RegisteredMember("m-2", "bolt", None),
    "m-3": RegisteredMember("m-3", "acme", datetime(2026, 10, 5, 9, tzinfo=UTC)),
}


def test_each_row_is_created_unchanged_or_refused_by_line_and_field() -> None:
    rows = [
        MemberRow(2, "m-9", "acme"),
        MemberRow(3, "m-9", "acme"),
        MemberRow(4, "m-9", "bolt"),
        MemberRow(5, "m-1", "acme"),
        MemberRow(6, "m-2", "acme"),
        MemberRow(7, "m-3", "acme"),
        MemberRow(8, "An Peeters", "acme"),
        MemberRow(9, "m-8", "nobody"),
        MemberRow(10, "a\0b", "acme"),
    ]
    plan = plan_members(rows, REGISTERED, {"acme", "bolt"})
    assert [row.line for row in plan.created] == [2]
    assert [row.line for row in plan.unchanged] == [3, 5]
    assert [(fault.line, fault.field) for fault in plan.refused] == [
        (4, "company"), (6, "company"), (7, "pseudonym"), (8, "pseudonym"), (9, "company"), (10, "pseudonym"),
    ]  # fmt: skip
    assert "removed on 2026-10-05" in plan.refused[2].reason
