"""The author of what a command records."""

import os
import pwd

import pytest

from smartwork.cli.author import author
from smartwork.errors import SettingError


def test_the_author_is_the_account_of_the_system_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMARTWORK_AUTHOR", raising=False)
    for variable in ("LOGNAME", "USER", "SUDO_USER"):
        monkeypatch.setenv(variable, "somebody-else")
    assert author() == f"cli {pwd.getpwuid(os.getuid()).pw_name}"


def test_an_account_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMARTWORK_AUTHOR", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654)
    assert author() == "cli uid 987654"


@pytest.mark.parametrize("name", ["alice", "Zoë D'Hondt", "j.peeters@ville.be", "é" * 60])
def test_the_setting_names_another_author(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("SMARTWORK_AUTHOR", name)
    assert author() == f"cli {name}"


@pytest.mark.parametrize("name", ["a\nb", "alice\n", "\x1b[31malice", " alice", "a" * 61, "al\u202eice", "<b>"])
def test_a_name_that_cannot_be_shown_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("SMARTWORK_AUTHOR", name)
    with pytest.raises(SettingError, match="SMARTWORK_AUTHOR is"):
        author()
