"""`smartwork bookings maps` lists the shipped maps, and prints one that can be copied and used."""

from pathlib import Path

from typer.testing import CliRunner

from smartwork.cli.app import app
from smartwork.errors import InputError
from smartwork.jobs.bookings.booking_map import load_map, shipped_maps


def test_the_list_names_each_map_with_the_columns_that_it_reads() -> None:
    listed = CliRunner().invoke(app, ["bookings", "maps"], env={"COLUMNS": "200"}).output
    for name in shipped_maps():
        assert name in listed
    assert "resource.name" in listed


def test_a_map_that_is_printed_into_a_file_is_that_map(tmp_path: Path) -> None:
    for name in shipped_maps():
        copy = tmp_path / f"{name}.toml"
        copy.write_text(CliRunner().invoke(app, ["bookings", "maps", name]).stdout)
        assert load_map(str(copy)) == load_map(name)


def test_an_unknown_map_is_refused_with_the_names_of_those_that_exist() -> None:
    error = CliRunner().invoke(app, ["bookings", "maps", "sharepoint"]).exception
    assert isinstance(error, InputError)
    assert "The maps are: cobot, excel" in str(error)
