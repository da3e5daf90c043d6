"""The Debian mirror of this machine, from its apt configuration."""

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from smartwork.devstack.errors import WITHOUT_DEVSTACK, DevstackError

OVERRIDE = "SMARTWORK_DEBIAN_MIRROR"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_SCHEMES = ("http://", "https://", "file:/", "mirror+", "tor+")
_FORMAT = "$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(SITE)"


def debian_mirror(env: Mapping[str, str]) -> str:
    """The address of a Debian archive, without a trailing slash.

    In this order: SMARTWORK_DEBIAN_MIRROR, the archive from which apt has downloaded package lists, apt's source files.
    Raises DevstackError if none is found.
    """
    if override := env.get(OVERRIDE, "").strip():
        if not override.startswith(_SCHEMES):
            message = f"{OVERRIDE} is {override!r}; it must be the address of a Debian archive, such as http://…/debian."
            raise DevstackError(message)
        return override.rstrip("/")
    for site in (*sites_of_index_targets(_index_targets()), *sites_of_sources(_source_files(Path("/etc/apt")))):
        return site.rstrip("/")
    message = (
        f"No Debian archive was found in this machine's apt configuration. "
        f"Set {OVERRIDE} to the address of a Debian mirror. {WITHOUT_DEVSTACK}"
    )
    raise DevstackError(message)


def sites_of_index_targets(lines: Iterable[str]) -> Iterator[str]:
    """The archives of Debian main in lines of `ORIGIN|LABEL|COMPONENT|SITE`, without security and others."""
    for line in lines:
        origin, label, component, site = [*line.split("|"), "", "", "", ""][:4]
        if (origin, label, component) == ("Debian", "Debian", "main") and site.startswith(_SCHEMES):
            yield site


def sites_of_sources(files: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The archives of Debian main in apt's source files, given as (file name, text), in both formats of apt."""
    for name, text in files:
        entries = _deb822(text) if name.endswith(".sources") else _one_line(text)
        for uri, suites, components in entries:
            if "main" in components and _is_debian(uri, suites):
                yield uri


def _is_debian(uri: str, suites: list[str]) -> bool:
    """Whether an entry is the main archive of Debian: by convention its path contains `debian`, as in a snapshot."""
    folders = uri.rstrip("/").split("/")
    named = "debian" in folders[2:] and not folders[-1].startswith("debian-")
    return named and uri.startswith(_SCHEMES) and not any("security" in suite for suite in suites)


def _one_line(text: str) -> Iterator[tuple[str, list[str], list[str]]]:
    for raw in text.splitlines():
        line = raw.split("#")[0].strip()
        if not line.startswith("deb "):
            continue
        rest = line[4:].strip()
        if rest.startswith("["):
            rest = rest.partition("]")[2]
        words = rest.split()
        if len(words) >= 3:
            yield words[0], [words[1]], words[2:]


def _deb822(text: str) -> Iterator[tuple[str, list[str], list[str]]]:
    for stanza in _stanzas(text):
        if "deb" in stanza.get("types", "").split() and stanza.get("enabled", "yes").lower() != "no":
            for uri in stanza.get("uris", "").split():
                yield uri, stanza.get("suites", "").split(), stanza.get("components", "").split()


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    key = ""
    for line in (*text.splitlines(), ""):
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields, key = {}, ""
        elif line[0].isspace():
            fields[key] = f"{fields.get(key, '')} {line.strip()}"
        elif ":" in line:
            name, _, value = line.partition(":")
            key = name.strip().lower()
            fields[key] = value.strip()


def _index_targets() -> list[str]:
    command = ["apt-get", "indextargets", "--format", _FORMAT, "Created-By: Packages"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return result.stdout.splitlines() if result.returncode == 0 else []


def _source_files(etc: Path) -> Iterator[tuple[str, str]]:
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]
    for path in files:
        if path.suffix in {".list", ".sources"} and path.is_file():
            yield path.name, path.read_text(errors="replace")
