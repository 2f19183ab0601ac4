"""Every page of the book in a real browser, wide and narrow, light and dark."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from tests.book.conftest import serve

LOOKS = [("light", 1280), ("light", 375), ("dark", 1280), ("dark", 375)]
FAULTS = ("error", "warning")
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
HEAVIEST_PAGE = 1_000_000
# Preloading style sheets, which one rule about rotated screens needs, asks for wrong addresses.
AXE: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}


def pages_of(html: Path) -> list[str]:
    found = (path.relative_to(html) for path in html.rglob("*.html") if "_static" not in path.parts)
    return sorted(path.as_posix() for path in found if path.name != "index.html")


def faults_of(browser: Any, site: str, page: str, theme: str, width: int) -> list[str]:
    """Open a page and return what is wrong with it, a sentence each."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_init_script(
        f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}');"
    )
    tab = context.new_page()
    faults: list[str] = []
    responses: list[Any] = []
    tab.on("console", lambda said: faults.append(said.text) if said.type in FAULTS else None)
    tab.on("pageerror", lambda error: faults.append(f"script fails: {error}"))
    tab.on("requestfailed", lambda request: faults.append(f"not loaded: {request.url}"))
    tab.on("request", lambda request: faults.extend(foreign(request.url, site)))
    # Playwright marks its handlers, which a built-in method does not allow.
    tab.on("response", lambda response: responses.append(response))
    tab.goto(f"{site}/{page}", wait_until="load")
    if tab.evaluate("document.documentElement.dataset.theme") != theme:
        faults.append(f"is not {theme}")
    faults += [f"{response.status}: {response.url}" for response in responses if not response.ok]
    size = sum(int(response.headers.get("content-length", 0)) for response in responses)
    if size > HEAVIEST_PAGE:
        faults.append(f"loads {size:,} bytes, more than {HEAVIEST_PAGE:,}")
    if tab.evaluate(TOO_WIDE):
        faults.append("scrolls sideways")
    # Dark changes colours and nothing else.
    rules = {"runOnly": ["color-contrast"]} if theme == "dark" else {}
    for violation in Axe().run(tab, options={**AXE, **rules}).response["violations"]:
        for node in violation["nodes"]:
            faults.append(f"{violation['id']}: {node['html'][:200]}\n{node['failureSummary']}")
    context.close()
    return faults


def foreign(address: str, site: str) -> list[str]:
    local = address.startswith((site, "data:", "blob:"))
    return [] if local else [f"asks another host: {address}"]


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_every_page_is_sound(browser: Any, site: str, html: Path, theme: str, width: int) -> None:
    """No console error, nothing from another host, no axe violation, light, not too wide."""
    faults = [
        f"{page}: {fault}"
        for page in pages_of(html)
        for fault in faults_of(browser, site, page, theme, width)
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("<script>console.error('planted')</script>", "planted"),
        ("<script>throw Error('planted')</script>", "script fails: planted"),
        ("<img alt='' src='missing.png'>", "404: .*missing.png"),
        ("<script src='http://localhost:9/x.js'></script>", "asks another host: .*localhost:9"),
        ("<img src='missing.png'>", "image-alt"),
        ("<p style='color: #bbb'>Pale</p>", "color-contrast"),
        ("<div style='width: 3000px'>Wide</div>", "scrolls sideways"),
        (f"<!--{'x' * HEAVIEST_PAGE}-->", "loads 1,0.* bytes"),
    ],
    ids=lambda value: value[:30],
)
def test_a_planted_fault_is_seen(browser: Any, tmp_path: Path, planted: str, said: str) -> None:
    """Guards the test above."""
    page = f"<html data-theme='light'><body>{planted}</body></html>"
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    with serve(tmp_path) as site:
        faults = faults_of(browser, site, "page.html", "light", 375)
    assert re.search(said, "\n".join(faults))


def test_every_internal_link_leads_somewhere(html: Path) -> None:
    soups = {
        page: BeautifulSoup((html / page).read_text(encoding="utf-8"), "html.parser")
        for page in [*pages_of(html), "index.html"]
    }
    anchors = {page: {tag["id"] for tag in soup.select("[id]")} for page, soup in soups.items()}
    broken = []
    for page, soup in soups.items():
        for tag in soup.select("a[href], link[href], script[src], img[src]"):
            target = tag.get("href") or tag.get("src")
            parts = urlsplit(urljoin(f"site:///{page}", target))
            if parts.scheme != "site":
                continue
            path = unquote(parts.path).lstrip("/") or page
            missing_anchor = parts.fragment and path in anchors
            if not (html / path).is_file():
                broken.append(f"{page}: {target}")
            elif missing_anchor and unquote(parts.fragment) not in anchors[path] | {""}:
                broken.append(f"{page}: {target} (no such place on the page)")
    assert not broken, "\n".join(broken)


def test_the_index_leads_to_the_welcome_page(page: Any, site: str) -> None:
    page.goto(f"{site}/index.html")
    page.wait_for_url("**/book/welcome.html")
    assert page.locator("article h1").inner_text().startswith("MLOps Workbook")


def test_every_figure_has_a_text_alternative(html: Path) -> None:
    missing = []
    for name in pages_of(html):
        soup = BeautifulSoup((html / name).read_text(encoding="utf-8"), "html.parser")
        for image in soup.select("article img"):
            if image["src"] in image.get("alt", image["src"]):
                missing.append(f"{name}: {image['src']}")
    assert not missing, "\n".join(missing)


def test_the_pages_use_no_icon_that_is_not_drawn(html: Path) -> None:
    style = (html / "_static/workbook.css").read_text(encoding="utf-8")
    sizes = {"fa-solid", "fa-lg"}
    used = {
        name
        for page in pages_of(html)
        for tag in BeautifulSoup((html / page).read_text(encoding="utf-8"), "html.parser").select(
            "[class*=fa-]"
        )
        for name in tag["class"]
        if name.startswith("fa-")
    }
    assert {name for name in used - sizes if f".{name} {{" not in style} == set()
