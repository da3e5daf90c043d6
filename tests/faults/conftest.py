"""Chance that can be repeated, and figures that are seen."""

import os
import secrets
from collections.abc import Callable
from random import Random

import pytest

SEED = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))


def pytest_report_header() -> str:
    """How to see the same again."""
    return f"faults: SEED={SEED}"


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Random:
    """Chance of this run and this test; SEED in the environment repeats it."""
    print(f"repeat with: make faults SEED={SEED}")
    return Random(f"{SEED}/{request.node.name}")


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a figure where whoever runs the suite sees it."""

    def tell_at_once(text: str) -> None:
        with capsys.disabled():
            print(f"\n  {request.node.name}: {text}")

    return tell_at_once
