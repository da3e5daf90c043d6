"""Downloads of Debian packages with apt, without changing the system."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from smartwork.devstack.architecture import architecture
from smartwork.devstack.cache import make_folder
from smartwork.devstack.errors import WITHOUT_DEVSTACK, DevstackError, plain_environment
from smartwork.devstack.mirror import KEYRING, debian_mirror
from smartwork.progress import Progress

SUITE = "trixie"
"""The release of Debian that packages are downloaded from."""


def download_packages(
    packages: Sequence[str], left_out: str, work: Path, env: Mapping[str, str], progress: Progress
) -> list[Path]:
    """Download packages and their dependencies into `work`, without those whose name matches the pattern `left_out`.

    Returns the files. Raises DevstackError if apt, its keyring, a mirror or disk space is missing.
    """
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise DevstackError(f"This machine has no apt, which the development stack needs. {WITHOUT_DEVSTACK}")
    if not KEYRING.exists():
        message = f"{KEYRING} is missing: install the package debian-archive-keyring. {WITHOUT_DEVSTACK}"
        raise DevstackError(message)
    mirror = debian_mirror(env)
    help_text = f"The mirror is {mirror}; set SMARTWORK_DEBIAN_MIRROR to use another. {WITHOUT_DEVSTACK}"
    apt = _private_apt(work, mirror)
    progress("reading Debian's package list", 0, 0)
    run_tool([*apt, "update"], "reading Debian's package list", help_text)
    wanted = run_tool([*apt, "-y", "--print-uris", "install", *packages], "resolving packages", help_text)
    sizes = needed_packages(wanted, left_out)
    total = sum(sizes.values())
    if shutil.disk_usage(work).free < total * 6:
        raise DevstackError(f"{work} is on a disk with too little free space: about {total * 6 // 10**6} MB are needed.")
    debs = make_folder(work / "debs")
    with (work / "apt.log").open("w+") as log:
        command = [*apt, "download", *sizes]
        environment = {**os.environ, **plain_environment()}
        with subprocess.Popen(command, cwd=debs, stdout=log, stderr=log, env=environment) as process:
            while process.poll() is None:
                progress("downloading packages", min(total, sum(f.stat().st_size for f in _files(debs))), total)
                time.sleep(0.1)
        if process.returncode:
            log.seek(0)
            raise DevstackError(f"Downloading packages failed:\n{_tail(log.read())}\n{help_text}")
    progress("downloading packages", total, total)
    return sorted(debs.glob("*.deb"))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.exists()]


def needed_packages(listing: str, left_out: str) -> dict[str, int]:
    """The size in bytes of each package in the output of `apt-get --print-uris install`, without those that are left out."""
    sizes: dict[str, int] = {}
    for match in re.finditer(r"^'\S+' (\S+?)_\S+\.deb (\d+)", listing, re.MULTILINE):
        if not re.fullmatch(left_out, match[1]):
            sizes[match[1]] = int(match[2])
    return sizes


def _private_apt(work: Path, mirror: str) -> list[str]:
    """An apt-get command that uses the proxy settings of the machine, and keeps all its files in `work`."""
    for name in ("state/lists/partial", "cache/archives/partial", "empty"):
        make_folder(work / name)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} {SUITE} main\n")
    (work / "apt.conf").write_text(
        f"""#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Update::Pre-Invoke;
#clear APT::Architectures;
APT::Architecture "{architecture()[0]}";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Update::Error-Mode "any";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "{work}/state";
Dir::State::status "{work}/status";
Dir::State::Lists "{work}/state/lists";
Dir::Etc::SourceList "{work}/sources.list";
Dir::Etc::SourceParts "{work}/empty";
Dir::Etc::Preferences "{work}/no-preferences";
Dir::Etc::PreferencesParts "{work}/empty";
Dir::Cache "{work}/cache";
"""
    )
    return ["apt-get", "-q", "-c", str(work / "apt.conf")]


def run_tool(command: list[str], what: str, help_text: str = "") -> str:
    """The output of a command. Raises DevstackError with its last lines if it fails."""
    environment = {**os.environ, **plain_environment()}
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, env=environment)
    if result.returncode:
        raise DevstackError(f"Failed: {what}.\n{_tail(result.stderr or result.stdout)}\n{help_text}".rstrip())
    return result.stdout


def _tail(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines()[-8:])
