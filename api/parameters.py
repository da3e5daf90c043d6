"""Path and query parameters that several operations share, and the problem for an unknown centre."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Path, Query

from api.fields import Pseudonym, Slug
from api.problems import Refused


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list a request asks for."""

    after: Annotated[int, Query(ge=0, le=2**62, description="`next` of the previous page.")] = 0
    most: Annotated[int, Query(ge=1, le=1_000, description="Size of the page.")] = 100


Page = Annotated[PageRequest, Depends()]

Centre = Annotated[Slug, Path()]

PseudonymInPath = Annotated[Pseudonym, Path(description="Never the person's own name.")]


def unknown_centre() -> Refused:
    """The problem for a centre in the path that is not registered."""
    return Refused(HTTPStatus.NOT_FOUND, "There is no such centre.")
