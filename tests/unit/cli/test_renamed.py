"""A command that was renamed names its new name once and runs nothing."""

import pytest
from typer.testing import CliRunner

from smartwork.cli.app import app


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["publish"], "`smartwork publish` is now `smartwork policy publish`.\n"),
        (["invoice", "walk-ins"], "`smartwork invoice walk-ins` is now `smartwork invoice unattributed`.\n"),
        (["keep", "--years", "3"], "`smartwork keep` is now `smartwork retention run`.\n"),
        (["day", "--seed", "2", "--json"], "`smartwork day` is now `smartwork simulate day`.\n"),
    ],
)
def test_the_old_name_of_a_command_exits_with_2_and_gives_the_new_name(arguments: list[str], answer: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", answer)


@pytest.mark.parametrize(
    "arguments", [["policy", "publish", "--help"], ["simulate", "day", "--help"], ["invoice", "unattributed", "--help"]]
)
def test_the_new_names_are_commands(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    assert f"smartwork {arguments[0]} {arguments[1]}" in result.stdout.replace("root", "smartwork")
