"""Aliases in a real database: set, refused, listed, removed, and used by an import."""

import json
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from smartwork.cli.app import app
from smartwork.db.bookings import aliases as store
from smartwork.db.bookings.names import load_names
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.roles import Role
from smartwork.db.network_setup import install
from smartwork.domain.bookings.names import UnknownNameError
from smartwork.errors import InputError
from smartwork.jobs.bookings.aliases import import_aliases, set_alias
from smartwork.jobs.bookings.import_file import import_bookings
from tests.support.factory import small_network
from tests.support.program import service_url

pytestmark = pytest.mark.services


@pytest.fixture
def network(connection: Connection) -> Connection:
    install(connection, small_network())
    return connection


def test_an_import_finds_places_and_members_by_alias_name_and_pseudonym(network: Connection, tmp_path: Path) -> None:
    for name, target in (
        ("Coworking Mons, Bureau 3", "mons/desk-2"),
        ("An Peeters <an@example.be>", "m-1"),
        ("Piet Jans", "m-1"),
        ("Coworking Mons", "mons"),
    ):
        set_alias(network, name, target, "", None)
    file = tmp_path / "plan.csv"
    file.write_text(
        "external_id,centre,resource,member,starts_at,ends_at\n"
        'A,,"coworking mons,  bureau 3",AN@example.be,2026-10-05T09:00,2026-10-05T10:00\n'
        "B,Coworking Mons,Desk 1,piet jans,2026-10-05T09:00,2026-10-05T10:00\n"
        "C,mons,Bureau 3,m-1,2026-10-05T10:00,2026-10-05T11:00\n"
        "D,mons,Bureau 33,m-1,2026-10-05T10:00,2026-10-05T11:00\n"
        "E,mons,desk-1,An Peters,2026-10-05T10:00,2026-10-05T11:00\n"
        "F,mons,desk-1,m-11,2026-10-05T10:00,2026-10-05T11:00\n"
    )
    done = import_bookings(network, file, None, lambda *_: None, all_or_nothing=False, dry_run=False)
    assert [(row.booking.external_id, row.booking.resource, row.booking.member) for row in done.plan.created] == [
        ("A", "desk-2", "m-1"),
        ("B", "desk-1", "m-1"),
    ]
    faults = {fault.line: (fault.field, fault.reason) for fault in done.plan.refused}
    assert faults[4][0] == "resource"
    assert faults[5] == (
        "resource",
        "'Bureau 33' names no place of mons. Add an alias: smartwork aliases set \"Bureau 33\" mons/PLACE",
    )
    assert faults[6][0] == "member"
    assert "'An Peters' names no member. Register the member" in faults[6][1]
    assert "'m-11' names no member; did you mean m-1?" in faults[7][1]


def test_the_name_of_a_person_is_stored_as_a_keyed_hash_and_forgotten_on_request(network: Connection) -> None:
    set_alias(network, "An Peeters", "m-1", "", None)
    set_alias(network, "an@example.be", "m-1", "nexudus", None)
    dump = str(network.execute("SELECT * FROM alias").fetchall()).lower()
    assert "peeters" not in dump
    assert "example.be" not in dump
    assert [alias.name for alias in store.list_aliases(network)] == [None, None]
    assert load_names(network, ["an@example.be"], "nexudus").member("an@example.be") == "m-1"
    with pytest.raises(UnknownNameError):
        load_names(network, ["an@example.be"], "cobot").member("an@example.be")
    assert store.remove_aliases_of(network, "m-1") == 2
    assert store.list_aliases(network) == []


def test_a_member_who_is_deleted_takes_the_aliases_along(network: Connection) -> None:
    set_alias(network, "An Peeters", "m-1", "", None)
    network.execute("DELETE FROM member WHERE pseudonym = 'm-1'")
    assert store.list_aliases(network) == []


def test_one_name_stands_for_one_thing_and_a_source_has_names_of_its_own(network: Connection) -> None:
    set_alias(network, "Bureau 3", "mons/desk-1", "", None)
    assert set_alias(network, " bureau  3", "mons/desk-1", "", None)[1] is False
    with pytest.raises(InputError, match="alias of mons/desk-1 already"):
        set_alias(network, "BUREAU 3", "mons/desk-2", "", None)
    set_alias(network, "Bureau 3", "mons/desk-2", "cobot", None)
    assert load_names(network, [], "cobot").place("Bureau 3") == ("mons", "desk-2")
    assert load_names(network, [], "nexudus").place("Bureau 3") == ("mons", "desk-1")
    assert len(store.remove_alias(network, "bureau 3", "")) == 1
    assert [alias.source for alias in store.list_aliases(network)] == ["cobot"]


def test_a_file_of_aliases_is_stored_as_a_whole_or_refused_with_each_line(network: Connection, tmp_path: Path) -> None:
    file = tmp_path / "aliases.csv"
    file.write_text("name;target;source\nBureau 3;mons/desk-1;\nAn Peeters;m-1;cobot\nZaal;mons/room-9;\nX;m-1;Not A Slug\n")
    with pytest.raises(InputError) as error:
        import_aliases(network, file, "")
    assert "Line 4: 'mons/room-9' is neither a centre" in str(error.value)
    assert "Line 5" in str(error.value)
    assert store.list_aliases(network) == []
    file.write_text("name;target;source\nBureau 3;mons/desk-1;\nAn Peeters;m-1;cobot\n")
    assert import_aliases(network, file, "nexudus") == (2, 2)
    assert import_aliases(network, file, "nexudus") == (0, 2)
    assert [(alias.source, alias.target) for alias in store.list_aliases(network)] == [
        ("cobot", "m-1"),
        ("nexudus", "mons/desk-1"),
    ]


def test_the_commands_set_list_and_remove_aliases_and_import_with_a_map(
    network: Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", database_url)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments)

    assert run("aliases", "set", "Bureau 3", "mons/desk-2").exit_code == 0
    assert "Set: an alias of the member m-1." in run("aliases", "set", "An Peeters <an@example.be>", "m-1").output
    listed = json.loads(run("aliases", "list", "--json").stdout)
    assert [(alias["kind"], alias["name"], alias["target"]) for alias in listed] == [
        ("member", None, "m-1"),
        ("place", "Bureau 3", "mons/desk-2"),
    ]
    file = tmp_path / "list.csv"
    file.write_text("Centre;Place;Member;Date;From;To\nmons;Bureau 3;an@example.be;31/10/2099;9:00;10:00\n")
    done = run("bookings", "import", str(file), "--map", "excel", "--json")
    assert (done.exit_code, json.loads(done.stdout)["created"]) == (0, 1)
    (external_id,) = network.execute("SELECT external_id FROM booking").fetchone() or ()
    assert external_id == "excel/mons/desk-2/20991031T0800Z/m-1"
    assert run("aliases", "remove", "--of", "m-1").exit_code == 0
    assert run("bookings", "import", str(file), "--map", "excel", "--date-order", "mdy").exit_code == 1


def test_the_worker_which_runs_imports_sets_uses_and_removes_aliases(network: Connection, database_url: str) -> None:
    with closing(connect(service_url(database_url, Role.WORKER))) as worker:
        set_alias(worker, "An Peeters", "m-1", "", None)
        assert load_names(worker, ["an peeters"]).member("An Peeters") == "m-1"
        assert store.remove_aliases_of(worker, "m-1") == 1
    assert store.list_aliases(network) == []


def test_an_alias_of_nothing_is_refused_by_the_database_too(network: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        network.execute("INSERT INTO alias (kind, name, key) VALUES ('place', 'x', 'x')")
