from collections.abc import Iterator

import pytest

from smartwork.devstack import mirror
from smartwork.devstack.errors import DevstackError

DEB822 = """# written by the image
Types: deb
# a remark between fields
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""


def test_the_mirror_is_read_from_the_package_lists_of_apt() -> None:
    lines = [
        "Debian|Debian-Security|main|http://mirror.example/debian-security",
        "Debian|Debian|contrib|http://other.example/debian",
        "Debian|Debian|main|http://mirror.example/debian",
        "Someone|Tools|main|http://tools.example/apt",
        "nonsense",
        "",
    ]
    assert list(mirror.sites_of_index_targets(lines)) == ["http://mirror.example/debian"]


def test_the_mirror_is_read_from_deb822_sources_without_security() -> None:
    assert list(mirror.sites_of_sources([("debian.sources", DEB822)])) == ["http://mirror.example/debian"]


def test_a_disabled_entry_is_not_used() -> None:
    text = DEB822.replace("Types: deb\n# a", "Enabled: no\nTypes: deb\n# a")
    assert list(mirror.sites_of_sources([("debian.sources", text)])) == []


def test_the_mirror_is_read_from_one_line_entries() -> None:
    text = """
# deb http://old.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb [arch=amd64 signed-by=/a/key.gpg] https://mirror.example/debian/ bookworm main non-free  # ours
deb http://mirror.example/debian-security bookworm-security main
deb https://tools.example/apt stable main
"""
    assert list(mirror.sites_of_sources([("sources.list", text)])) == ["https://mirror.example/debian/"]


def test_a_snapshot_of_debian_counts_as_debian() -> None:
    text = "deb http://snapshot.example/archive/debian/20260101T000000Z bookworm main\n"
    assert list(mirror.sites_of_sources([("sources.list", text)])) == [
        "http://snapshot.example/archive/debian/20260101T000000Z"
    ]


def test_the_environment_variable_has_priority() -> None:
    assert mirror.debian_mirror({"SMARTWORK_DEBIAN_MIRROR": "https://near.example/debian/"}) == (
        "https://near.example/debian"
    )


def test_an_environment_variable_that_is_no_address_is_refused_by_name() -> None:
    with pytest.raises(DevstackError, match="SMARTWORK_DEBIAN_MIRROR"):
        mirror.debian_mirror({"SMARTWORK_DEBIAN_MIRROR": "near.example"})


def test_without_any_mirror_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_etc: object) -> Iterator[tuple[str, str]]:
        return iter(())

    monkeypatch.setattr(mirror, "_index_targets", list)
    monkeypatch.setattr(mirror, "_source_files", nothing)
    with pytest.raises(DevstackError, match=r"(?s)SMARTWORK_DEBIAN_MIRROR.*docker compose"):
        mirror.debian_mirror({})
