"""The map in docs/architecture.md is the tree, and a subject has the same name in every layer."""

import ast
import re

import pytest

from tests.support.project import ROOT

TEXT = (ROOT / "docs" / "architecture.md").read_text()
TOP = ("smartwork", "edge", "ingest", "api", "dashboard", "firmware_sim")
SUBJECTS = {path.name for path in (ROOT / "smartwork" / "domain").iterdir() if (path / "__init__.py").exists()}
TECHNICAL = {"core", "ingest", "read", "bench"}
"""Folders of `smartwork/db` that are no subject of the rules."""


def packages() -> dict[str, str]:
    """Every package of the project by its path, with the first line of its docstring."""
    found = {}
    for top in TOP:
        for init in (ROOT / top).rglob("__init__.py"):
            docstring = ast.get_docstring(ast.parse(init.read_text())) or ""
            found[init.parent.relative_to(ROOT).as_posix()] = docstring.split("\n")[0]
    return found


def drawn() -> dict[str, str]:
    """The packages of the map, with what the map says of each."""
    [tree] = re.findall(r"<!-- tree -->\n```\n(.*?)```", TEXT, flags=re.DOTALL)
    found, above = {}, list[str]()
    for line in tree.splitlines():
        match = re.fullmatch(r"( *)([\w/]+)/ +(.+)", line)
        assert match, f"not a line of the map: {line!r}"
        depth = len(match[1]) // 2
        above = [*above[:depth], match[2]]
        found["/".join(above)] = match[3]
    return found


def test_the_map_of_the_tree_is_the_tree() -> None:
    assert drawn() == packages()


@pytest.mark.parametrize("layer", ["smartwork/db", "smartwork/db/queries", "smartwork/jobs", "tests/unit/domain"])
def test_a_subject_has_the_same_name_in_every_layer(layer: str) -> None:
    folders = {path.name for path in (ROOT / layer).iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders - TECHNICAL - {"queries", "migrations"} <= SUBJECTS


def test_a_folder_of_queries_belongs_to_a_package_of_the_database() -> None:
    packages = {path.name for path in (ROOT / "smartwork" / "db").iterdir() if (path / "__init__.py").exists()}
    assert {path.name for path in (ROOT / "smartwork" / "db" / "queries").iterdir()} <= packages


def test_unit_tests_stand_where_what_they_test_stands() -> None:
    """A folder of unit tests has the path of a package, with `smartwork/` left out."""
    paths = {path.removeprefix("smartwork/") for path in packages()}
    folders = {
        path.parent.relative_to(ROOT / "tests" / "unit").as_posix() for path in (ROOT / "tests" / "unit").rglob("test_*.py")
    }
    assert folders - paths == {"."}


if __name__ == "__main__":  # prints the map
    for path, text in sorted(packages().items()):
        print(f"{'  ' * path.count('/')}{path.rsplit('/', 1)[-1] + '/':<{24 - 2 * path.count('/')}}{text}")
