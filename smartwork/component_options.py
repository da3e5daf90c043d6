"""The command line of a component that takes its settings from the environment: `--help`, and nothing unknown."""

import argparse
from collections.abc import Sequence

from pydantic_core import PydanticUndefined

from smartwork.settings import PREFIX, Settings


def parse_options(program: str, purpose: str, settings: type[Settings], arguments: Sequence[str]) -> None:
    """Print help with the settings and exit with status 0 for `--help`; exit with status 2 for any other argument."""
    parser = argparse.ArgumentParser(
        prog=program,
        description=purpose,
        epilog="Settings are environment variables:\n\n" + "\n".join(_described(settings)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(list(arguments))


def _described(settings: type[Settings]) -> list[str]:
    lines = []
    for name, field in settings.model_fields.items():
        match field.default:
            case default if default is PydanticUndefined:
                given = "required"
            case None:
                given = "optional"
            case default:
                given = f"default {default}"
        lines += [f"  {PREFIX}{name.upper()} ({given})", f"      {field.description or ''}"]
    return lines
