"""A real browser for the tests: found on the machine, never downloaded."""

import atexit
import functools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
PLACES = (
    "/usr/bin/chromium",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)


def find_browser() -> str | None:
    """Return the path of a Chromium browser: WORKBOOK_BROWSER, or where they are installed."""
    chosen = os.environ.get("WORKBOOK_BROWSER")
    on_path = (shutil.which(name) for name in NAMES)
    places = (place for place in PLACES if Path(place).is_file())
    return chosen or next(filter(None, (*on_path, *places)), None)


@contextmanager
def open_browser() -> Iterator[Any]:
    """Yield a headless browser; without one the test is skipped, and fails where CI is true."""
    found = find_browser()
    if found is None:
        message = (
            "No Chromium, Chrome or Edge was found, so no page is opened. "
            "Install one, or give its path in WORKBOOK_BROWSER."
        )
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    # Chromium's sandbox refuses to start as root, which is what containers run as.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = ["--disable-background-networking", *(["--no-sandbox"] if root else [])]
    browser = start_playwright().chromium.launch(executable_path=found, args=arguments)
    yield browser
    browser.close()


@functools.cache
def start_playwright() -> Any:
    """Start Playwright, of which a process can run one."""
    from playwright.sync_api import sync_playwright

    playwright = sync_playwright().start()
    atexit.register(playwright.stop)
    return playwright
