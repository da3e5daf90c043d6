"""The command line's way in. It imports nothing until it runs: each worker process imports it again."""

import sys

_OURS = ("smartwork", "edge", "ingest", "api", "dashboard", "firmware_sim")


def main() -> None:
    """Run `smartwork` with the arguments of this process. Exit status 1 if the packages of the command line are missing."""
    try:
        from smartwork.cli.app import main as run  # noqa: PLC0415 - two seconds of imports that no worker needs
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if not missing or missing in _OURS:
            raise
        print(
            f"The command `smartwork` needs the extra `server`, which is not installed here ({missing} is missing). "
            "Install it: pip install 'smartwork[server]'. A gateway runs without it: python -m edge.",
            file=sys.stderr,
        )
        sys.exit(1)
    run()


if __name__ == "__main__":
    main()
