"""The retired words of docs/glossary.md stay out of names in code, queries and commands."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.project import ROOT

CODE = [
    path
    for top in ("smartwork", "edge", "ingest", "api", "dashboard", "firmware_sim", "docker", "tests")
    for path in sorted((ROOT / top).rglob("*.py"))
]
QUERIES = sorted((ROOT / "smartwork" / "db" / "queries").rglob("*.sql"))
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def retired() -> dict[str, tuple[str, frozenset[str]]]:
    """Each retired word with its replacement and the files that may still use it."""
    text = (ROOT / "docs" / "glossary.md").read_text().split("## Retired words")[1]
    table = {}
    for words, instead, files in re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]*)\|$", text, flags=re.MULTILINE)[2:]:
        for word in re.sub(r"\([^)]*\)", "", words).split(","):
            table[word.strip()] = (instead.strip(), frozenset(files.split()))
    return table


RETIRED = retired()


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every name that a module defines, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.arg(arg=name):
                yield node.lineno, name


def faults(path: Path, named: Iterator[tuple[int, str]]) -> list[str]:
    """A message for each name of the file that contains a retired word. `named` gives lines and names."""
    file = path.relative_to(ROOT).as_posix()
    return [
        f"{file}:{line}: {name}: {word} is retired; use {RETIRED[word][0]}"
        for line, name in named
        for word in {each.lower() for each in _WORD.findall(name)} & RETIRED.keys()
        if file not in RETIRED[word][1]
    ]


def test_the_table_of_retired_words_is_read() -> None:
    assert "leaf" in RETIRED
    assert RETIRED["leaf"][0] == "message type"


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_name_in_code_uses_a_retired_word(path: Path) -> None:
    assert faults(path, names(ast.parse(path.read_text()))) == []
    assert faults(path, iter([(0, path.stem)])) == []


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_query_uses_a_retired_word(path: Path) -> None:
    lines = enumerate(path.read_text().splitlines(), 1)
    assert faults(path, ((number, name) for number, line in lines for name in re.findall(r"\w+", line.split("--")[0]))) == []
