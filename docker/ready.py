"""Health check of a container: `python ready.py PORT` succeeds if `/readyz` on that port of the container answers 200.

The check prints what is missing, which the engine shows with the state of the container.
"""

# ruff: noqa: INP001 - a script that is copied into images, not a package

import sys
import urllib.error
import urllib.request

TIMEOUT_S = 4.0


def main(port: str) -> int:
    """Returns the exit status: 0 if the service is ready, 1 if not."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{int(port)}/readyz", timeout=TIMEOUT_S):
            return 0
    except urllib.error.HTTPError as refused:
        with refused:
            print(refused.read(1_000).decode(errors="replace"))
    except OSError as error:
        print(f"/readyz does not answer: {error}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
