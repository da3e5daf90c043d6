"""A Chromium for browser tests: the user's, the system's, or one unpacked privately."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from smartwork.devstack.architecture import library_folder
from smartwork.devstack.cache import cache_base, locked
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.packages import PackageTree, install
from smartwork.progress import Progress, no_progress

BROWSER = PackageTree(
    name="browser",
    packages=("chromium", "fonts-liberation", "fonts-dejavu-core"),
    programs=("usr/lib/chromium/chromium", "usr/lib/chromium/chrome_crashpad_handler"),
    probe=("usr/lib/chromium/chrome_crashpad_handler", "--help"),
    left_out=r"perl|perl-.*|lib.*perl.*|libllvm.*|libz3-.*|systemd.*|libsystemd-shared|procps|adduser|debconf|mount"
    r"|libgtk-3-common|adwaita-icon-theme|mesa-libgallium|libc-bin|openssl.*|passwd|login.*|base-files|base-passwd"
    r"|ucf|gcc-.*-base|readline-common|libpam-.*|init-system-helpers|sysvinit-utils|sensible-utils|x11-utils|xdg-utils"
    r"|at-spi2-common|dbus.*|gtk-update-icon-cache|mawk|x11-common",
    superfluous=("usr/lib/chromium/libVk*", "usr/lib/chromium/locales/[!e]*", "var", "etc"),
)
HEADLESS_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
{aliases}
</fontconfig>
"""
_FAMILIES = {
    "sans-serif": "Liberation Sans",
    "system-ui": "Liberation Sans",
    "Arial": "Liberation Sans",
    "Helvetica": "Liberation Sans",
    "serif": "Liberation Serif",
    "Times New Roman": "Liberation Serif",
    "monospace": "DejaVu Sans Mono",
    "Courier New": "Liberation Mono",
}


def chromium_path(env: Mapping[str, str] | None = None, progress: Progress = no_progress) -> Path:
    """The path of a Chromium: SMARTWORK_CHROMIUM, else /usr/bin/chromium, else a private one, downloaded once.

    Raises DevstackError if SMARTWORK_CHROMIUM names no program, or the download fails.
    """
    env = os.environ if env is None else env
    if named := env.get("SMARTWORK_CHROMIUM"):
        if not os.access(named, os.X_OK):
            raise DevstackError(f"SMARTWORK_CHROMIUM is {named!r}, which is no program. Correct it or unset it.")
        return Path(named)
    system = Path("/usr/bin/chromium")
    if os.access(system, os.X_OK):
        return system
    return _launcher(install(BROWSER, env, progress), cache_base(env), progress)


def _launcher(root: Path, base: Path, progress: Progress) -> Path:
    """A script that starts the Chromium of the tree with the libraries and fonts of the tree."""
    script = root / "chromium"
    with locked(base / "trees" / f".{root.name}.lock", progress):
        if not script.exists():
            family = '  <alias binding="same"><family>{}</family><prefer><family>{}</family></prefer></alias>'
            aliases = "\n".join(family.format(*pair) for pair in _FAMILIES.items())
            (root / "fonts.conf").write_text(_FONTS.format(root=root, aliases=aliases))
            libraries = library_folder(root)
            unfinished = script.with_suffix(".new")
            unfinished.write_text(
                "#!/bin/sh\n"
                f"export LD_LIBRARY_PATH={shlex.quote(f'{libraries}:{libraries}/pulseaudio')}\n"
                f"export FONTCONFIG_FILE={shlex.quote(f'{root}/fonts.conf')}\n"
                f'exec {shlex.quote(f"{root}/usr/lib/chromium/chromium")} "$@"\n'
            )
            unfinished.chmod(0o755)
            unfinished.replace(script)
    return script
