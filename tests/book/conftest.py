"""The book, built once for all tests and served on this machine; a browser to open it with."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser import open_browser

ROOT = Path(__file__).parents[2]
WAIT = 300


def build_book(source: Path, target: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build a book as `make book` does, into a folder of its own."""
    command = shutil.which("jupyter-book", path=str(Path(sys.executable).parent))
    assert command, "jupyter-book isn't installed: run `make test`, which sets up the environment."
    known = {name: value for name, value in os.environ.items() if name != "GITHUB_REPOSITORY"}
    return subprocess.run(
        [command, "build", str(source), "--path-output", str(target), "-W", "-n", "--keep-going"],
        capture_output=True,
        encoding="utf-8",
        env={**known, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1", **environment},
    )


@pytest.fixture(scope="session")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built book: WORKBOOK_HTML, or built here, by one of the workers."""
    built = os.environ.get("WORKBOOK_HTML")
    if built:
        return Path(built).resolve()
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, log = shared / "book", shared / "book.log"
    try:
        folder.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + WAIT
        while not log.exists() and time.monotonic() < deadline:
            time.sleep(0.2)
    else:
        result = build_book(ROOT, folder)
        report = "" if result.returncode == 0 else result.stdout[-4000:] + result.stderr[-4000:]
        (shared / "book.tmp").write_text(report, encoding="utf-8")
        (shared / "book.tmp").rename(log)
    report = log.read_text(encoding="utf-8")
    assert not report, f"The book doesn't build. `make book` shows the same:\n{report}"
    return folder / "_build/html"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line on the terminal for each."""

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


class QuietServer(http.server.ThreadingHTTPServer):
    """Serves browsers, which hang up on files that they no longer want."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a reader that went away; report anything else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine and yield its address, without a slash at the end."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with QuietServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def site(html: Path) -> Iterator[str]:
    """The address of the served book."""
    with serve(html) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless browser."""
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """An empty page in the light."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    yield opened
    opened.close()
