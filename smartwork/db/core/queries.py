"""Queries by name: each `.sql` file in `queries/<subject>/` holds statements, each below a line `-- name: <name>`."""

import re
from functools import cache
from importlib.resources import files
from typing import Any, LiteralString, TypeVar

from psycopg.rows import class_row

from smartwork.db.core.connection import Connection

_Row = TypeVar("_Row")
_NAME = re.compile(r"^-- name: (\w+)\n", flags=re.MULTILINE)


def parse(text: str) -> dict[str, LiteralString]:
    """The statements of a file by name. Comment lines are dropped."""
    parts = _NAME.split(text)[1:]
    return {
        name: re.sub(r"^--.*\n", "", body, flags=re.MULTILINE).strip()
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


@cache
def queries() -> dict[str, LiteralString]:
    """The statements of all files by name. Raises ValueError if two have the same name."""
    bodies: dict[str, LiteralString] = {}
    for folder in files("smartwork.db").joinpath("queries").iterdir():
        for file in folder.iterdir():
            for name, body in parse(file.read_text()).items():
                if name in bodies:
                    raise ValueError(f"two queries are named {name}")
                bodies[name] = body
    return bodies


def sql(name: str) -> LiteralString:
    """The statement called `name`. Raises KeyError if there is none."""
    return queries()[name]


def rows(connection: Connection, name: str, /, **values: object) -> list[tuple[Any, ...]]:
    """All rows of the statement called `name`, with `values` as its parameters."""
    return connection.execute(sql(name), values).fetchall()


def rows_as(row_type: type[_Row], connection: Connection, name: str, /, **values: object) -> list[_Row]:
    """All rows of the statement called `name` as values of `row_type`; each column sets the field of its name."""
    return connection.cursor(row_factory=class_row(row_type)).execute(sql(name), values).fetchall()
