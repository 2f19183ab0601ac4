"""Without a browser a laptop skips what needs one, and says so; in CI that is a failure."""

import pytest

from tests import browser


def test_a_laptop_without_a_browser_skips_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "find_browser", lambda: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="No Chromium"), browser.open_browser():
        pass


def test_ci_without_a_browser_fails_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "find_browser", lambda: None)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="No Chromium"), browser.open_browser():
        pass


def test_the_browser_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBOOK_BROWSER", "/somewhere/chrome")
    assert browser.find_browser() == "/somewhere/chrome"
