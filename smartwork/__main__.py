"""The command line's way in. It imports nothing until it runs: each worker process imports it again."""


def main() -> None:
    """Run `smartwork` with the arguments of this process."""
    from smartwork.cli.app import main as run  # noqa: PLC0415 - two seconds of imports that no worker needs

    run()


if __name__ == "__main__":
    main()
