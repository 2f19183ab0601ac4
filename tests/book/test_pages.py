"""Every page of the book in a real browser, wide and narrow, light and dark."""

import functools
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from tests.book.conftest import ROOT, serve

WIDTHS = (375, 1280)
GENERATED = ("genindex", "search")
WIDE_ONLY = "<style>@media (width < 600px) { .wide { display: none } }</style>"
PALE_CODE = "<div class='highlight'><pre><span style='color: #bbb'>pass</span></pre></div>"
FAULTS = ("error", "warning")
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
HEAVIEST_PAGE = 1_000_000
# Preloading style sheets, which one rule about rotated screens needs, asks for wrong addresses.
AXE: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}


# A token of code: no rule but that of contrast looks at it, and a width changes no colour.
TOKEN = ".highlight pre span"


def pages_in_contents() -> list[str]:
    """Return the pages that the table of contents names, and those that Sphinx adds."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    return sorted(f"{name}.html" for name in (contents["root"], *files, *GENERATED))


def pages_of(html: Path) -> list[str]:
    found = (path.relative_to(html) for path in html.rglob("*.html") if "_static" not in path.parts)
    return sorted(path.as_posix() for path in found if path.name != "index.html")


@functools.cache
def soup_of(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def faults_of(browser: Any, site: str, page: str, theme: str) -> list[str]:
    """Open a page, look at it in each width and return what is wrong with it, a sentence each."""
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": 900})
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
    size = sum(int(response.headers.get("content-length", 0)) for response in responses)
    if size > HEAVIEST_PAGE:
        faults.append(f"loads {size:,} bytes, more than {HEAVIEST_PAGE:,}")
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        faults += [f"at {width} px: {fault}" for fault in faults_seen(tab, theme, width)]
    faults += [f"{response.status}: {response.url}" for response in responses if not response.ok]
    context.close()
    return faults


def faults_seen(tab: Any, theme: str, width: int) -> list[str]:
    """Return what is wrong with an open page as it is shown now."""
    faults = ["scrolls sideways"] if tab.evaluate(TOO_WIDE) else []
    # Dark changes colours and nothing else.
    rules = {"runOnly": ["color-contrast"]} if theme == "dark" else {}
    left_out = None if width == WIDTHS[0] else {"exclude": [[TOKEN]]}
    found = Axe().run(tab, context=left_out, options={**AXE, **rules}).response["violations"]
    for violation in found:
        for node in violation["nodes"]:
            faults.append(f"{violation['id']}: {node['html'][:200]}\n{node['failureSummary']}")
    return faults


def foreign(address: str, site: str) -> list[str]:
    local = address.startswith((site, "data:", "blob:"))
    return [] if local else [f"asks another host: {address}"]


def test_the_contents_name_every_page(html: Path) -> None:
    assert pages_of(html) == pages_in_contents()


@pytest.mark.parametrize("page", pages_in_contents())
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_sound(browser: Any, site: str, page: str, theme: str) -> None:
    """No console error, nothing from another host, no axe violation, light, not too wide."""
    faults = faults_of(browser, site, page, theme)
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
        ("<div style='width: 3000px'>Wide</div>", "at 375 px: scrolls sideways"),
        (f"{WIDE_ONLY}<p class='wide' style='color: #bbb'>Pale</p>", "at 1280 px: color-contrast"),
        (PALE_CODE, "at 375 px: color-contrast"),
        (f"<!--{'x' * HEAVIEST_PAGE}-->", "loads 1,0.* bytes"),
    ],
    ids=lambda value: value[:30],
)
def test_a_planted_fault_is_seen(browser: Any, tmp_path: Path, planted: str, said: str) -> None:
    """Guards the test above."""
    page = f"<html data-theme='light'><body>{planted}</body></html>"
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    with serve(tmp_path) as site:
        faults = faults_of(browser, site, "page.html", "light")
    assert re.search(said, "\n".join(faults))


def test_every_internal_link_leads_somewhere(html: Path) -> None:
    soups = {page: soup_of(html / page) for page in [*pages_of(html), "index.html"]}
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
        for image in soup_of(html / name).select("article img"):
            if image["src"] in image.get("alt", image["src"]):
                missing.append(f"{name}: {image['src']}")
    assert not missing, "\n".join(missing)


def test_the_pages_use_no_icon_that_is_not_drawn(html: Path) -> None:
    style = (html / "_static/workbook.css").read_text(encoding="utf-8")
    sizes = {"fa-solid", "fa-lg"}
    used = {
        name
        for page in pages_of(html)
        for tag in soup_of(html / page).select("[class*=fa-]")
        for name in tag["class"]
        if name.startswith("fa-")
    }
    assert {name for name in used - sizes if f".{name} {{" not in style} == set()
