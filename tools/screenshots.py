"""Take the picture of MLflow's page that chapter 10 shows, in a real browser.

``python -m tools.screenshots`` logs the 43 runs of the search into a new store, starts MLflow's
server on it, opens its page in Chromium and writes ``book/static/mlflow-runs.png``. Names, times
and ids are fixed, so that only a new search or a new version of MLflow changes the picture.
"""

from __future__ import annotations

import datetime
import io
import json
import os
import random
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from flightline.experiments.search import load_search
from flightline.tracking import Tracker, tracking_server

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "book" / "static" / "mlflow-runs.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FRIDAY = datetime.datetime(2013, 9, 6, 18, 0, tzinfo=datetime.UTC)
MONDAY = FRIDAY + datetime.timedelta(days=3)
WIDTH, HEIGHT = 1180, 640
COLORS = 128
#: How long a page may take, in seconds, and how long it may move, in milliseconds.
SECONDS, PAUSE = 60, 2_000
COLUMNS = (
    *("params.`features`", "params.`rows`", "params.`max_iter`", "params.`max_leaf_nodes`"),
    *("metrics.`cost`", "metrics.`auc`", "metrics.`size_kb`"),
)


def log_search(tracker: Tracker) -> None:
    """Log the 43 runs, one a minute from Friday evening on."""
    numbers = random.Random(10)
    with patch("uuid.uuid4", lambda: uuid.UUID(int=numbers.getrandbits(128), version=4)):
        for minute, one in enumerate(load_search()["runs"]):
            start = int((FRIDAY + datetime.timedelta(minutes=minute)).timestamp() * 1000)
            times = (start, start + int(1000 * one["metrics"]["seconds"]))
            tracker.log_record(one["record"], one["metrics"], one["name"], times=times)


@contextmanager
def open_page() -> Iterator[Any]:
    """Yield a page of a headless browser whose clock stands still on Monday."""
    from playwright.sync_api import sync_playwright

    found = os.environ.get("WORKBOOK_BROWSER") or next(
        filter(None, map(shutil.which, BROWSERS)), ""
    )
    if not found:
        raise SystemExit("No Chromium or Chrome was found: install one, or set WORKBOOK_BROWSER.")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = ["--disable-background-networking", *(["--no-sandbox"] if root else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            locale="en-US",
            timezone_id="America/New_York",
        )
        page.clock.set_fixed_time(MONDAY)
        yield page
        browser.close()


def settle(page: Any, experiment: str) -> None:
    """Choose what MLflow's page remembers in the browser: columns, order, no assistant."""
    table = {
        "orderByKey": "metrics.`cost`",
        "orderByAsc": True,
        "selectedColumns": COLUMNS,
        "columnWidths": {"params.`max_leaf_nodes`": 130},
    }
    remembered = {
        "mlflow.workflowType_v1": "machine_learning",
        "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": True,
        "mlflow.assistant.panelOpen_v1": False,
        f'MLflowLocalStorage-1.1-ExperimentPage-["{experiment}"]-ReactComponentState': table,
    }
    script = "".join(
        f"localStorage.setItem({json.dumps(name)}, {json.dumps(json.dumps(value))});"
        for name, value in remembered.items()
    )
    page.add_init_script(script)


def save(page: Any) -> None:
    """Write what the page shows, with few colours so that the file is small."""
    from PIL import Image

    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    few = picture.quantize(COLORS, dither=Image.Dither.NONE)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    few.save(PICTURE, optimize=True)


def main() -> int:
    """Make the store, start the server, take the picture."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        database = f"sqlite:///{Path(folder, 'mlflow.db').as_posix()}"
        tracker = Tracker(database, Path(folder, "files"), "late flights")
        log_search(tracker)
        experiment = tracker.experiment_id
        with tracking_server(database, Path(folder, "served")) as url, open_page() as page:
            settle(page, experiment)
            page.goto(f"{url}/#/experiments/{experiment}/runs")
            page.get_by_text("matching runs").wait_for(timeout=SECONDS * 1000)
            page.get_by_role("button", name="Toggle sidebar").click()
            page.get_by_text("try-23").wait_for(timeout=SECONDS * 1000)
            page.wait_for_timeout(PAUSE)
            save(page)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
