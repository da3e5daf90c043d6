"""The demo as a user runs it: one command from simulated desks to invoices, and again without any change."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smartwork.devstack.stack import Endpoints, ephemeral

pytestmark = pytest.mark.services

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def servers() -> Iterator[Endpoints]:
    with ephemeral("acceptance") as pair:
        yield pair.endpoints


@pytest.fixture(scope="module")
def smartwork(servers: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs `smartwork …` as a process of its own in an empty folder, on servers of this module."""
    folder = tmp_path_factory.mktemp("user")
    env = {
        **os.environ,
        "SMARTWORK_DATABASE_URL": servers.database_url,
        "SMARTWORK_BROKER_URL": servers.broker_url,
    }

    def run(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "smartwork.cli.app", *arguments]
        done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def first_demo(smartwork: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("out")
    done = smartwork("demo", "--once", "--month", "2026-09", "--out", str(out))
    return out / "2026-09", done.stdout


def test_the_demo_leaves_a_pdf_and_a_ubl_file_of_every_kind_of_document_and_a_sepa_file(first_demo: tuple[Path, str]) -> None:
    folder, screen = first_demo
    centre_statements = {path for path in folder.glob("*.pdf") if path.stem.endswith("-statement")}
    pdfs, xmls = sorted(set(folder.glob("*.pdf")) - centre_statements), sorted(folder.glob("*-*-*-*.xml"))
    counts = {kind: sum(path.name.startswith(f"{kind}-") for path in pdfs) for kind in ("INV", "CN", "SB", "SBC")}
    assert counts == {"INV": 30, "CN": 1, "SB": 8, "SBC": 1}
    billed_by_centres = {path.stem for path in pdfs if path.name.startswith("SB")}
    assert {path.stem for path in centre_statements} == {f"{stem}-statement" for stem in billed_by_centres}
    assert [path.name for path in folder.glob("payout-*")] == ["payout-2026-09-1.xml"]
    [(passed, checks)] = re.findall(r"(\d+) of (\d+) checks passed", screen)
    assert passed == checks
    xmls = [path for path in xmls if not path.name.startswith("payout-")]
    assert [p.stem for p in pdfs] == [x.stem for x in xmls]
    assert all(p.read_bytes().startswith(b"%PDF") for p in pdfs)


def test_the_demo_prints_verdicts_bill_energy_and_a_ledger_without_loss(first_demo: tuple[Path, str]) -> None:
    _, screen = first_demo
    for word in ("used", "no-show", "walk-in", "to pay", "baseline", "missing"):
        assert word in screen
    numbers = [int(n.replace("\u202f", "")) for n in re.findall(r"\d[\d\u202f]*", screen.split("missing")[-1])]
    numbered, stored, _, rejected, in_outbox, missing = numbers[:6]
    assert numbered == stored > 1_000_000
    assert (rejected, in_outbox, missing) == (0, 0, 0)
    lines = [line.strip("│ ") for line in screen.splitlines()]
    for heading in ("Bookings and walk-ins by verdict", "Billed", "Lighting energy", "Ledger, readings"):
        assert lines[lines.index(heading) - 1] == ""


def test_a_second_demo_stores_nothing_twice_and_writes_the_same_documents(
    first_demo: tuple[Path, str], smartwork: Run, tmp_path: Path
) -> None:
    folder, screen = first_demo
    again = smartwork("demo", "--once", "--month", "2026-09", "--out", str(tmp_path)).stdout
    line = next(text for text in screen.splitlines() if "to pay" in text)
    assert line in again
    total = json.loads(smartwork("ledger", "--json").stdout)["total"]
    assert total["missing"] == 0
    assert total["duplicates"] == total["stored"]
    for file in folder.iterdir():
        assert (tmp_path / "2026-09" / file.name).read_bytes() == file.read_bytes()


def test_reconciling_a_month_again_gives_the_same_verdicts(first_demo: tuple[Path, str], smartwork: Run) -> None:
    assert first_demo
    first = json.loads(smartwork("reconcile", "--month", "2026-09", "--json").stdout)
    assert first == json.loads(smartwork("reconcile", "--month", "2026-09", "--json").stdout)
    assert first["verdicts"]["used"]["count"] > 1000


@pytest.mark.parametrize(
    ("file", "rows", "occupied_share", "changes"),
    [("datatraining.txt", 8143, 0.212, 40), ("datatest.txt", 2665, 0.365, 26)],
)
def test_the_office_in_mons_gives_its_known_figures_twice(
    smartwork: Run, shared_data: Path, file: str, rows: int, occupied_share: float, changes: int
) -> None:
    path = str(shared_data / "uci-mons-office" / file)
    figures = json.loads(smartwork("replay", "uci", path, "--centre", "mons", "--json").stdout)
    assert figures["rows"] == rows
    assert figures["occupied_share"] == pytest.approx(occupied_share, abs=0.0006)
    assert figures["changes"] == changes
    assert figures["unknown_min"] == 0
    assert figures == json.loads(smartwork("replay", "uci", path, "--centre", "mons", "--json").stdout)


@pytest.mark.parametrize(("file", "empty_share"), [("combined_Room1.csv", 0.361), ("combined_Room3.csv", 0.440)])
def test_a_room_in_singapore_has_its_known_share_of_lighting_energy_while_vacant(
    smartwork: Run, shared_data: Path, file: str, empty_share: float
) -> None:
    path = str(shared_data / "robod" / file)
    figures = json.loads(smartwork("replay", "robod", path, "--json").stdout)
    assert figures["empty_share"] == pytest.approx(empty_share, abs=0.0006)
    assert figures["unknown_min"] > 0, "the days do not follow each other: the time between them was not measured"


def test_a_hold_time_lengthens_presence(smartwork: Run, shared_data: Path) -> None:
    path = str(shared_data / "uci-mons-office" / "datatest.txt")
    without = json.loads(smartwork("replay", "uci", path, "--json").stdout)
    held = json.loads(smartwork("replay", "uci", path, "--hold", "600", "--json").stdout)
    assert held["occupied_min"] > without["occupied_min"]
    assert held["changes"] <= without["changes"]


def test_an_unreadable_replay_file_is_refused_with_its_line(smartwork: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text(
        '"date","Temperature","Humidity","Light","CO2","HumidityRatio","Occupancy"\n'
        '"1","2015-02-02 14:19:00",23.7,26.272,585.2,749.2,0.004,1\n'
        '"2","2015-02-02 14:19:59",warm,26.272,585.2,749.2,0.004,1\n'
    )
    assert "line 3" in smartwork("replay", "uci", str(bad), status=1).stderr


def test_an_unknown_centre_is_refused_with_the_names_of_those_that_exist(
    smartwork: Run, first_demo: tuple[Path, str], tmp_path: Path
) -> None:
    assert first_demo
    good = tmp_path / "good.txt"
    good.write_text(
        '"date","Temperature","Humidity","Light","CO2","HumidityRatio","Occupancy"\n'
        '"1","2015-02-02 14:19:00",23.7,26.272,585.2,749.2,0.004,1\n'
    )
    assert "namur" in smartwork("replay", "uci", str(good), "--centre", "atlantis", status=1).stderr


def test_a_wrong_month_and_a_month_that_is_not_over_are_refused_with_an_error_text(smartwork: Run) -> None:
    assert "2026-10" in smartwork("reconcile", "--month", "october", status=1).stderr
    assert "not over" in smartwork("bill", "--month", "2099-01", status=1).stderr


def test_a_wrong_setting_stops_the_start_with_its_name() -> None:
    env = {**os.environ, "SMARTWORK_DATABASE_URL": "mysql://x", "SMARTWORK_BROKER_URL": "mqtt://127.0.0.1:1"}
    for module in ("ingest", "smartwork.cli.app"):
        argv = [sys.executable, "-m", module, *(["ledger"] if module == "smartwork.cli.app" else [])]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode in {1, 2}
        assert "SMARTWORK_DATABASE_URL" in done.stderr
        assert "Traceback" not in done.stderr
