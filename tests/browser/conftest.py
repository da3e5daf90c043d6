"""A real Chromium, one for each file of tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.chromium import HEADLESS_FLAGS, chromium_path


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser; each test opens pages of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(HEADLESS_FLAGS))
        yield browser
        browser.close()
