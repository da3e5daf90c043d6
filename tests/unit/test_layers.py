"""What a component loads when it starts. import-linter reads the arrows; here the real modules are counted."""

import subprocess
import sys

import pytest

FORBIDDEN = (
    "psycopg",
    "streamlit",
    "pandas",
    "numpy",
    "smartwork.db",
    "smartwork.jobs",
    "smartwork.devstack",
    "tests.support",
)


def loaded_by(module: str) -> set[str]:
    """The names of all modules that a fresh interpreter holds after importing `module`."""
    program = f"import sys, {module}; print('\\n'.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("module", ["edge.__main__", "firmware_sim.__main__"])
def test_a_component_for_a_small_box_stays_light(module: str) -> None:
    loaded = loaded_by(module)
    assert module in loaded
    assert not loaded & set(FORBIDDEN)


def test_ingest_loads_no_page_and_no_fake() -> None:
    assert not loaded_by("ingest.__main__") & {"streamlit", "pandas", "smartwork.devstack", "tests.support", "dashboard"}


def test_the_wire_needs_nothing_but_pydantic() -> None:
    assert not loaded_by("smartwork.contracts.asyncapi") & {*FORBIDDEN, "yaml", "paho", "smartwork.settings"}
