from pathlib import Path

import pytest

from smartwork.devstack import apt, architecture, cache, packages
from smartwork.devstack.errors import DevstackError
from tests.support.chromium import chromium_path

LISTING = """Reading package lists...
'http://mirror.example/debian/mosquitto_2.0.21-1_amd64.deb' mosquitto_2.0.21-1_amd64.deb 274344 MD5Sum:ab
'http://mirror.example/debian/pool/main/p/perl/perl_5.40.1-6_amd64.deb' perl_5.40.1-6_amd64.deb 267736 SHA256:cd
'http://mirror.example/debian/pool/main/l/libssl3t64_3.5_amd64.deb' libssl3t64_3.5.9-1~deb13u1_amd64.deb 2464736 SHA256:ef
"""


def test_packages_that_are_left_out_are_not_downloaded() -> None:
    assert apt.needed_packages(LISTING, r"perl|perl-.*") == {"mosquitto": 274344, "libssl3t64": 2464736}


def test_the_cache_is_the_folder_in_the_environment(tmp_path: Path) -> None:
    assert cache.cache_base({"SMARTWORK_CACHE": str(tmp_path)}) == tmp_path


def test_a_users_cache_is_in_their_own_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert cache.cache_base({"XDG_CACHE_HOME": "/home/ada/.cache"}) == Path("/home/ada/.cache/smartwork")


def test_roots_cache_is_where_other_users_can_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert cache.cache_base({}) == Path("/var/cache/smartwork")


def test_a_changed_recipe_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    one = packages.PackageTree("t", ("a",), (), ("p",), "")
    two = packages.PackageTree("t", ("a", "b"), (), ("p",), "")
    assert one.folder(tmp_path) != two.folder(tmp_path)


def test_on_an_unsupported_machine_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(DevstackError, match=r"(?s)riscv64.*SMARTWORK_DATABASE_URL"):
        architecture.architecture()


def test_the_users_own_chromium_comes_first() -> None:
    assert chromium_path({"SMARTWORK_CHROMIUM": "/bin/sh"}) == Path("/bin/sh")


def test_a_chromium_that_does_not_exist_is_an_error_and_no_download() -> None:
    with pytest.raises(DevstackError, match="SMARTWORK_CHROMIUM"):
        chromium_path({"SMARTWORK_CHROMIUM": "/nowhere/chromium"})
