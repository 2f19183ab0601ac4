"""Every page of the book in a real browser, wide and narrow, light and dark."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

LOOKS = [("light", 1280), ("light", 375), ("dark", 1280), ("dark", 375)]
HEAVIEST_PAGE = 1_000_000


def pages_of(html: Path) -> list[str]:
    found = (path.relative_to(html) for path in html.rglob("*.html") if "_static" not in path.parts)
    return sorted(path.as_posix() for path in found if path.name != "index.html")


@dataclass
class Visit:
    page: str
    errors: list[str]
    addresses: list[str]
    size: int
    violations: list[str]
    overflow: int


def visit(browser: Any, site: str, page: str, theme: str, width: int) -> Visit:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_init_script(
        f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}');"
    )
    tab = context.new_page()
    errors: list[str] = []
    responses: list[Any] = []
    tab.on("console", lambda message: errors.append(message.text) if is_fault(message) else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("requestfailed", lambda request: errors.append(f"not loaded: {request.url}"))
    # Playwright marks its handlers, which a built-in method does not allow.
    tab.on("response", lambda response: responses.append(response))
    tab.goto(f"{site}/{page}", wait_until="networkidle")
    assert tab.evaluate("document.documentElement.dataset.theme") == theme
    violations = [
        f"{found['id']}: {node['html'][:200]}\n    {node['failureSummary']}"
        for found in Axe().run(tab).response["violations"]
        for node in found["nodes"]
    ]
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    seen = Visit(
        page,
        errors + [f"{r.status}: {r.url}" for r in responses if r.status >= 400],
        [response.url for response in responses],
        sum(int(response.headers.get("content-length", 0)) for response in responses),
        violations,
        tab.evaluate(wider),
    )
    context.close()
    return seen


def is_fault(message: Any) -> bool:
    return message.type in ("error", "warning")


@pytest.fixture(scope="module", params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def visits(request: pytest.FixtureRequest, browser: Any, site: str, html: Path) -> list[Visit]:
    theme, width = request.param
    return [visit(browser, site, page, theme, width) for page in pages_of(html)]


def test_no_page_complains(visits: list[Visit]) -> None:
    faults = [f"{seen.page}: {error}" for seen in visits for error in seen.errors]
    assert not faults, "\n".join(faults)


def test_no_page_asks_another_host(visits: list[Visit], site: str) -> None:
    foreign = [f"{seen.page}: {a}" for seen in visits for a in seen.addresses if site not in a]
    assert not foreign, "\n".join(foreign)


def test_every_page_is_accessible(visits: list[Visit]) -> None:
    faults = [f"{seen.page}: {violation}" for seen in visits for violation in seen.violations]
    assert not faults, "\n".join(faults)


def test_no_page_scrolls_sideways(visits: list[Visit]) -> None:
    assert not [seen.page for seen in visits if seen.overflow > 0]


def test_every_page_is_light(visits: list[Visit]) -> None:
    heavy = [f"{seen.page}: {seen.size:,} bytes" for seen in visits if seen.size > HEAVIEST_PAGE]
    assert not heavy, "\n".join(heavy)


def test_a_fault_on_a_page_is_seen(browser: Any, site: str, html: Path) -> None:
    """Guards the tests above: each kind of fault, planted, is reported."""
    planted = html / "planted.html"
    planted.write_text(
        "<html data-theme='light'><body><img src='missing.png'><div style='width:3000px'>.</div>"
        "<script>console.error('planted'); fetch('http://localhost:9/').catch(() => {})</script>",
        encoding="utf-8",
    )
    try:
        seen = visit(browser, site, "planted.html", "light", 375)
    finally:
        planted.unlink()
    assert any("planted" in error for error in seen.errors)
    assert any("missing.png" in error for error in seen.errors)
    assert any("localhost:9" in error for error in seen.errors)
    assert any(violation.startswith("image-alt") for violation in seen.violations)
    assert seen.overflow > 0


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
