"""Queries by name: each is used, and the text that documents it never reaches the database."""

import re

import pytest

from smartwork.db.core.queries import parse, queries, sql
from tests.support.project import ROOT


def test_a_file_is_split_into_its_statements_without_their_comments() -> None:
    assert parse("-- name: one\n-- the reason\nSELECT 1\n\n-- name: two\nSELECT 2,\n--x\n 3\n") == {
        "one": "SELECT 1",
        "two": "SELECT 2,\n 3",
    }


def test_a_name_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        sql("drop_everything")


def test_every_named_query_is_used_in_the_code_and_every_use_has_a_query() -> None:
    code = "\n".join(p.read_text() for p in (ROOT / "smartwork" / "db").rglob("*.py"))
    quoted = set(re.findall(r'"(\w+)"', code))
    assert sorted(queries().keys() - quoted) == []
    assert sorted(set(re.findall(r'\bsql\("(\w+)"\)', code)) - queries().keys()) == []


def test_no_query_with_parameters_holds_more_than_one_statement() -> None:
    with_parameters = {name: text for name, text in queries().items() if re.search(r"%\(|%s", text)}
    assert [name for name, text in with_parameters.items() if ";" in text] == []


def test_only_privileges_are_granted_by_several_statements() -> None:
    several = {name for name, text in queries().items() if ";" in text}
    assert several <= {name for name in queries() if name.startswith(("grant_", "revoke_", "give_"))} | {
        "functions_with_rights_of_the_owner"
    }
