"""Weigh the built pages: the page and every local file that it names."""

import gzip
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

NAMED = re.compile(r"""<(?:script|link|img)\b[^>]*?\s(?:src|href)=["']([^"']+)["']""")
ASSETS = {".css", ".js", ".png", ".svg", ".woff2", ".jpg", ".webp", ".ico"}
COMPRESSED = {".html", ".css", ".js", ".svg"}


def files_of(page: Path) -> list[Path]:
    """List a page and the local files that it loads at once."""
    found = {page}
    for name in NAMED.findall(page.read_text(encoding="utf-8")):
        address = urlsplit(name)
        path = (page.parent / unquote(address.path)).resolve()
        if not address.netloc and path.suffix in ASSETS and path.is_file():
            found.add(path)
    return sorted(found)


def weigh(page: Path) -> tuple[int, int]:
    """Return a page's bytes on disk, and its bytes from a server that compresses."""
    plain = compressed = 0
    for path in files_of(page):
        content = path.read_bytes()
        plain += len(content)
        compressed += len(gzip.compress(content)) if path.suffix in COMPRESSED else len(content)
    return plain, compressed
