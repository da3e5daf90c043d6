"""A database of an earlier version is upgraded, and its ledger, bill and audit give what they gave."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrations
from tests.support.accounts import command
from tests.support.database_copy import load

pytestmark = pytest.mark.services
DATABASES = sorted(Path(__file__).with_name("databases").glob("*.sql.xz"))
"""Saved by `tests.support.database_copy`, named by their newest migration; the JSON file next to each holds what that version
printed."""


@pytest.fixture(params=DATABASES, ids=lambda path: path.name[:4])
def earlier(request: pytest.FixtureRequest, empty_database_url: str) -> tuple[str, Path]:
    """The address of a database as an earlier version left it, and the file it comes from."""
    with closing(connect(empty_database_url)) as connection:
        load(connection, request.param)
    return empty_database_url, request.param


def test_an_upgraded_database_gives_the_same_ledger_bill_and_audit(earlier: tuple[str, Path], tmp_path: Path) -> None:
    url, path = earlier
    before = json.loads(path.with_name(f"{path.name[:4]}.json").read_text())
    migrated = command(url, "migrate", role=None)
    assert migrated.returncode == 0, migrated.stderr
    later = [migration.name for migration in migrations() if migration.number > int(path.name[:4])]
    assert [line.removeprefix("Applied ") for line in migrated.stdout.splitlines() if line.startswith("Applied ")] == later
    for name, arguments in (
        ("audit", ["audit"]),
        ("ledger", ["ledger"]),
        ("bill", ["bill", "--month", "2026-09", "--out", str(tmp_path)]),
        ("invoices", ["invoice", "list"]),
        ("audit", ["audit"]),
    ):
        done = command(url, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        assert list(differences(before[name], json.loads(done.stdout), name)) == []


def differences(before: Any, after: Any, where: str) -> Iterator[str]:
    """Where `after` lacks or changes something of `before`. Keys and checks that are new are no difference."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            yield from differences(value, after.get(key), f"{where}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and before and "name" in before[0]:  # the audit's checks
        by_name = {entry["name"]: entry for entry in after}
        for entry in before:
            yield from differences(entry, by_name.get(entry["name"]), f"{where}.{entry['name']}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{where}[{index}]")
    elif before != after:
        yield f"{where} was {before!r} and is {after!r}"


def test_a_difference_is_found_wherever_it_is() -> None:
    before = {"days": [{"stored": 1}], "checks": [{"name": "a", "ok": True}]}
    assert list(differences(before, before | {"new": 1}, "x")) == []
    assert list(differences(before, {**before, "days": [{"stored": 2}]}, "x")) == ["x.days[0].stored was 1 and is 2"]
    assert next(differences(before, {**before, "checks": []}, "x")).startswith("x.checks.a was")
    assert next(differences(before, {"days": []}, "x")).startswith("x.days was")
