"""A random generator with a seed that can be repeated, and figures on the terminal."""

import os
import secrets
from collections.abc import Callable
from random import Random

import pytest

SEED = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))


def pytest_report_header() -> str:
    """Print the seed."""
    return f"faults: SEED={SEED}"


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> Random:
    """The random generator of this run and test. SEED in the environment repeats it."""
    print(f"repeat with: make faults SEED={SEED}")
    return Random(f"{SEED}/{request.node.name}")


@pytest.fixture
def print_figure(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a figure on the terminal, although output is captured."""

    def print_now(text: str) -> None:
        with capsys.disabled():
            print(f"\n  {request.node.name}: {text}")

    return print_now
